"""The shape of the policy, checked by pydantic, and how it becomes the one value that the rules take.

Units stand in the names of the entries; a time of day is local. ``docs/policy.md`` says what each number is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
)

from notifier.event_data import Offence
from notifier.event_types import EVENT_TYPES
from notifier.records import ChannelFacts, ChannelName, StaffMember
from notifier.rules.policy import (
    BreakerPolicy,
    ChannelPolicy,
    CourtesyPolicy,
    Leaflet,
    Policy,
    RepliesPolicy,
    SilencePolicy,
    StaffPolicy,
    SupportPolicy,
    WordsPolicy,
)
from notifier.rules.working_days import Calendar
from notifier.wire import WindowShape

_TOLD = tuple(name for name, row in EVENT_TYPES.items() if row.told)


def _time_of_day(value: object) -> time:
    written = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if written is None:
        raise ValueError('must be a time of day in quotes, such as "08:00"')
    return time(int(written[1]), int(written[2]))


def _enhanced_is_shorter(limit: tuple[int, ...]) -> tuple[int, ...]:
    standard, enhanced = limit
    if enhanced > standard:
        raise ValueError("gives longer to those with enhanced rights; write [standard, enhanced]")
    return limit


def _folder(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError("must be small letters, digits and hyphens: it is also the name of a folder")
    return name


def _tells_nobody(phone: str) -> str:
    if phone and not re.fullmatch(r"\+?[0-9][0-9 ]{8,18}", phone):
        raise ValueError('must be a whole number such as "01632 960999": a short one tells whose it is')
    return phone


# Strict: TOML knows numbers and truth, and `true` must not pass for one working day.
Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]
Amount = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, gt=0, lt=1)]
Day = Annotated[date, Field(strict=True)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Words = Annotated[str, Field(min_length=1)]
Limit = Annotated[
    tuple[Positive, ...], Field(min_length=2, max_length=2), AfterValidator(_enhanced_is_shorter)
]


class Part(BaseModel):
    """A part of the policy: frozen, and what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DefaultWindow(WindowShape):
    """When a victim is told who agreed no times of her own: the same on every day."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("days")
    @classmethod
    def _every_day(cls, _: object) -> None:
        raise ValueError("is not for the default window, which is the same on every day; leave it out")


class TimingShape(Part):
    default_window: DefaultWindow
    gap_minutes: Count
    moment_cutoff: TimeOfDay


class CalendarShape(Part):
    extra_holidays: frozenset[Day]
    not_holidays: frozenset[Day]


class CourtesyShape(Part):
    first_days: Positive
    later_days: Positive
    serious_days: Positive
    prompt_share: Share
    prompt_time: TimeOfDay
    nothing_to_tell_working_days: Positive


class StaffShape(Part):
    climb_working_days: Positive
    task_working_days: Positive
    safety_minutes: Positive
    at_risk_time: TimeOfDay

    def record(self) -> StaffPolicy:
        return StaffPolicy(
            climb_working_days=self.climb_working_days,
            task_working_days=self.task_working_days,
            safety_pace=timedelta(minutes=self.safety_minutes),
            at_risk_time=self.at_risk_time,
        )


class DigestShape(Part):
    time: TimeOfDay


class ChannelsShape(Part):
    default_order: Annotated[tuple[ChannelName, ...], Field(min_length=1)]
    sms_silence_hours: Positive
    email_silence_hours: Positive
    letter_postal_working_days: Positive
    letter_return_working_days: Count
    safety_step_minutes: Positive
    retry_minutes: tuple[Positive, ...]
    safety_retry_minutes: tuple[Positive, ...]
    allow_international: StrictBool
    allow_foreign_post: StrictBool
    free_text_characters: Count

    def record(self) -> ChannelPolicy:
        return ChannelPolicy(
            default_order=self.default_order,
            sms_silence=timedelta(hours=self.sms_silence_hours),
            email_silence=timedelta(hours=self.email_silence_hours),
            letter_silence_working_days=self.letter_postal_working_days + self.letter_return_working_days,
            safety_step=timedelta(minutes=self.safety_step_minutes),
            retry_after=_minutes(self.retry_minutes),
            safety_retry_after=_minutes(self.safety_retry_minutes),
            allow_international=self.allow_international,
            allow_foreign_post=self.allow_foreign_post,
            free_text_characters=self.free_text_characters,
        )


def _minutes(values: tuple[int, ...]) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=value) for value in values)


class OffencesShape(Part):
    serious: frozenset[Offence]
    at_risk: frozenset[Offence]
    no_letter: frozenset[Offence]
    meeting: frozenset[Offence]
    words: tuple[Words, ...]


class BreakerShape(Part):
    hourly_notices: Positive
    times_mean: Amount
    mean_days: Positive

    def record(self) -> BreakerPolicy:
        return BreakerPolicy(self.hourly_notices, self.times_mean, timedelta(days=self.mean_days))


class SilenceShape(Part):
    usual_gaps: Amount
    mean_days: Positive
    least_publications: Positive

    def record(self) -> SilencePolicy:
        return SilencePolicy(self.usual_gaps, timedelta(days=self.mean_days), self.least_publications)


class SupportShape(Part):
    referral_duty: StrictBool
    working_days: Positive
    prompt_working_days: Positive

    @field_validator("prompt_working_days")
    @classmethod
    def _prompted_in_time(cls, days: int, others: ValidationInfo) -> int:
        if days > others.data.get("working_days", days):
            raise ValueError("must not be more than support.working_days: the reminder would come too late")
        return days


class WordsShape(Part):
    reading_grade: Amount
    jargon: dict[Words, Words]
    links_in_sms: StrictBool
    max_segments: Positive

    def record(self) -> WordsPolicy:
        jargon = {word.lower(): instead for word, instead in self.jargon.items()}
        return WordsPolicy(self.reading_grade, jargon, self.links_in_sms, self.max_segments)


class RepliesShape(Part):
    answer_hours: Positive
    phone: Annotated[str, AfterValidator(_tells_nobody)]
    help: tuple[Words, ...]
    danger: tuple[Words, ...]
    stop: tuple[Words, ...]
    start: tuple[Words, ...]
    wrong_person: tuple[Words, ...]

    def record(self) -> RepliesPolicy:
        return RepliesPolicy(
            answer_every=timedelta(hours=self.answer_hours),
            phone=self.phone or None,
            help=self.help,
            danger=self.danger,
            stop=self.stop,
            start=self.start,
            wrong_person=self.wrong_person,
        )


class LeafletShape(Part):
    name: Annotated[str, AfterValidator(_folder)]
    offences: frozenset[Offence] = frozenset()
    where: Annotated[dict[Literal["en", "cy"], Words], Field(min_length=1)]

    def record(self) -> Leaflet:
        where = {str(language): words for language, words in self.where.items()}
        return Leaflet(self.name, frozenset(self.offences), where)


class OperationsShape(Part):
    name: Words
    email: Words
    phone: Words | None = None

    def record(self) -> StaffMember:
        return StaffMember("operations", self.name, self.email, self.phone)


class PolicyShape(Part):
    """One whole policy: what holds for one force on one day."""

    name: Words
    timezone: ZoneInfo
    timing: TimingShape
    calendar: CalendarShape
    courtesy: CourtesyShape
    staff: StaffShape
    digest: DigestShape
    channels: ChannelsShape
    offences: OffencesShape
    breaker: BreakerShape
    silence: SilenceShape
    support: SupportShape
    words: WordsShape
    replies: RepliesShape
    leaflets: tuple[LeafletShape, ...]
    operations: OperationsShape | None = None
    limits: dict[Literal[_TOLD], Limit]  # type: ignore[valid-type]  # the table's names

    def record(
        self, calendar: Calendar, facts: Mapping[ChannelName, ChannelFacts], *, breaker: bool
    ) -> Policy:
        """Return the policy.

        ``calendar`` has its one-off days, ``facts`` are those of the channels, and ``breaker`` is off or on.
        """
        return Policy(
            name=self.name,
            timezone=self.timezone,
            calendar=calendar,
            default_windows=(self.timing.default_window.record(),),
            gap=timedelta(minutes=self.timing.gap_minutes),
            moment_cutoff=self.timing.moment_cutoff,
            courtesy=CourtesyPolicy(**dict(self.courtesy)),
            staff=self.staff.record(),
            digest_time=self.digest.time,
            channels=self.channels.record(),
            serious_offences=self.offences.serious,
            at_risk_offences=self.offences.at_risk,
            no_letter_offences=self.offences.no_letter,
            meeting_offences=self.offences.meeting,
            offence_words=self.offences.words,
            breaker=self.breaker.record() if breaker else None,
            silence=self.silence.record(),
            support=SupportPolicy(**dict(self.support)),
            words=self.words.record(),
            replies=self.replies.record(),
            leaflets=tuple(leaflet.record() for leaflet in self.leaflets),
            facts=facts,
            limits={name: (standard, enhanced) for name, (standard, enhanced) in self.limits.items()},
            operations=self.operations.record() if self.operations else None,
        )
