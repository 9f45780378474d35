"""The numbers of the rules, as one value. They are data (``policy.toml``), never literals in a rule."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifier.event_types import EventType, Limit
from notifier.records import ChannelFacts, ChannelName, StaffMember, Window
from notifier.rules.working_days import Calendar


@dataclass(frozen=True, slots=True)
class CourtesyPolicy:
    """Intervals of the no-progress updates, in days (rules, section 5)."""

    first_days: int
    later_days: int
    serious_days: int
    prompt_share: float
    prompt_time: time
    nothing_to_tell_working_days: int


@dataclass(frozen=True, slots=True)
class StaffPolicy:
    """How fast people must act (rules, section 6)."""

    climb_working_days: int
    task_working_days: int
    safety_pace: timedelta
    at_risk_time: time


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """Waits and retries of the channels (rules, section 3).

    ``sms_silence`` holds for every channel that gives receipts, ``letter_silence_working_days`` for every one
    by post, and ``email_silence`` for the others.
    """

    default_order: tuple[ChannelName, ...]
    sms_silence: timedelta
    email_silence: timedelta
    letter_silence_working_days: int
    safety_step: timedelta
    retry_after: tuple[timedelta, ...]
    safety_retry_after: tuple[timedelta, ...]
    allow_international: bool
    allow_foreign_post: bool
    free_text_characters: int


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a source sends too much (rules, section 7).

    That is more notices in an hour than ``hourly_notices``, and than ``times_mean`` times the hourly mean of
    the time ``mean`` before.
    """

    hourly_notices: int
    times_mean: float
    mean: timedelta


@dataclass(frozen=True, slots=True)
class SilencePolicy:
    """When a source is silent for too long (rules, section 7).

    That is ``usual_gaps`` times its usual gap, which is the mean of the time ``mean`` before;
    one with fewer than ``least_publications`` in that time has no usual gap.
    """

    usual_gaps: float
    mean: timedelta
    least_publications: int


@dataclass(frozen=True, slots=True)
class SupportPolicy:
    """Whether staff must refer victims to support, and by when, in working days (rules, section 1)."""

    referral_duty: bool
    working_days: int
    prompt_working_days: int


@dataclass(frozen=True, slots=True)
class WordsPolicy:
    """What the templates are held to.

    ``reading_grade`` is the highest Flesch-Kincaid grade of an English text. ``jargon`` are the words that no
    message may hold, in small letters, each with what to say instead.
    """

    reading_grade: float
    jargon: Mapping[str, str]
    links_in_sms: bool
    max_segments: int


@dataclass(frozen=True, slots=True)
class RepliesPolicy:
    """How what people send back is understood and answered (rules, sections 3 and 6).

    A victim is answered once in ``answer_every``. ``phone`` is the force's number for the answer, in a form
    that does not tell who it is; ``None``: the officer's. ``help``, ``stop`` and ``start`` are said alone on
    the first line, ``danger`` and ``wrong_person`` anywhere.
    """

    answer_every: timedelta
    phone: str | None
    help: tuple[str, ...]
    danger: tuple[str, ...]
    stop: tuple[str, ...]
    start: tuple[str, ...]
    wrong_person: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaflet:
    """A leaflet of the first contact; its text stands in ``templates/_leaflets/<name>/<language>.txt``.

    Without ``offences`` it is for every offence. ``where`` says by language where to get it, without a link.
    """

    name: str
    offences: frozenset[str]
    where: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a force may decide, valid from one date on; and ``facts``, what the channels are like.

    ``breaker`` is ``None`` where it is turned off. ``operations`` is who is told of an alarm about a source,
    which belongs to no case. ``digest_time`` is when supervisors are sent, each day, what waits in their
    cases.
    """

    name: str
    timezone: ZoneInfo
    calendar: Calendar
    default_windows: tuple[Window, ...]
    gap: timedelta
    moment_cutoff: time
    courtesy: CourtesyPolicy
    staff: StaffPolicy
    digest_time: time
    channels: ChannelPolicy
    serious_offences: frozenset[str]
    at_risk_offences: frozenset[str]
    no_letter_offences: frozenset[str]
    meeting_offences: frozenset[str]
    offence_words: tuple[str, ...]
    breaker: BreakerPolicy | None
    silence: SilencePolicy
    support: SupportPolicy
    words: WordsPolicy
    replies: RepliesPolicy
    leaflets: tuple[Leaflet, ...]
    facts: Mapping[ChannelName, ChannelFacts]
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    operations: StaffMember | None = None

    def limit(self, row: EventType) -> Limit:
        """Return the row's limit, with this policy's working days where it names the event type."""
        assert row.limit is not None
        standard, enhanced = self.limits.get(row.name, (row.limit.standard, row.limit.enhanced))
        return Limit(standard, enhanced, row.limit.clock, row.limit.source)

    def leaflets_for(self, offence: str | None) -> tuple[Leaflet, ...]:
        """Return the leaflets that go with the first contact about ``offence``, in the policy's order."""
        return tuple(each for each in self.leaflets if not each.offences or offence in each.offences)


@dataclass(frozen=True, slots=True)
class Version:
    """A policy and the first local day on which it holds."""

    start: date
    policy: Policy


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of every force on every day.

    ``general`` holds for each force without an entry in ``forces``. Versions are ordered by their first day,
    and the first of them holds from the beginning of time. ``timezone`` is one for all.
    """

    timezone: ZoneInfo
    general: tuple[Version, ...]
    forces: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)

    @classmethod
    def always(cls, policy: Policy) -> Policies:
        """Return one policy for every force and every day."""
        return cls(policy.timezone, (Version(date.min, policy),))

    def of(self, force: str | None, at: datetime) -> Policy:
        """Return the policy in force for ``force`` on the local day of ``at``.

        ``force`` is named as in ``case.opened``; ``None`` is no force in particular. Raises
        :class:`ValueError` for a time without an offset.
        """
        if at.utcoffset() is None:
            raise ValueError("a policy is asked for at a time with an offset")
        versions = self.general if force is None else self.forces.get(force, self.general)
        day = at.astimezone(self.timezone).date()
        return versions[bisect_right(versions, day, key=lambda version: version.start) - 1].policy
