"""Reads the policy: the shipped ``policy.toml`` and, laid over it, a force's own file."""

from __future__ import annotations

import tomllib
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from holidays import country_holidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from notifier.channels.base import find_channels
from notifier.errors import SettingsError
from notifier.event_data import Offence
from notifier.event_types import EVENT_TYPES
from notifier.records import ChannelName, Window
from notifier.rules.policy import ChannelPolicy, CourtesyPolicy, Policy, StaffPolicy
from notifier.rules.working_days import Calendar
from notifier.wire import WindowShape

_SHIPPED = Path(__file__).with_name("policy.toml")
_EVERY_DAY = frozenset(range(7))
_FIRST_YEAR = 2000

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Timing(_Part):
    default_window: WindowShape
    gap_minutes: Count
    moment_cutoff: time


class _Courtesy(_Part):
    first_days: Positive
    later_days: Positive
    serious_days: Positive
    prompt_share: Annotated[float, Field(gt=0, lt=1)]
    prompt_time: time
    nothing_to_tell_working_days: Positive


class _Staff(_Part):
    climb_working_days: Positive
    task_working_days: Positive
    safety_minutes: Positive
    at_risk_time: time


class _Channels(_Part):
    default_order: tuple[ChannelName, ...]
    sms_silence_hours: Positive
    email_silence_hours: Positive
    letter_postal_working_days: Positive
    letter_return_working_days: Count
    safety_step_minutes: Positive
    retry_minutes: tuple[Positive, ...]
    safety_retry_minutes: tuple[Positive, ...]
    allow_international: bool
    allow_foreign_post: bool
    free_text_characters: Count


class _Offences(_Part):
    serious: frozenset[Offence]
    at_risk: frozenset[Offence]
    no_letter: frozenset[Offence]
    meeting: frozenset[Offence]
    words: tuple[str, ...]


class _File(_Part):
    name: str
    timezone: ZoneInfo
    timing: _Timing
    courtesy: _Courtesy
    staff: _Staff
    channels: _Channels
    offences: _Offences
    limits: dict[Literal[tuple(EVENT_TYPES)], tuple[Positive, Positive]]  # type: ignore[valid-type]  # the table's names


def load_policy(
    path: Path | None = None, *, timezone: str | None = None, gap_minutes: int | None = None
) -> Policy:
    """Return the shipped policy with ``path`` laid over it, then the two settings that override it.

    Its facts are those that the channels state themselves.
    Raises :class:`SettingsError`, one line that names the file, the entry and what is wrong.
    """
    content = _read(_SHIPPED)
    if path is not None:
        content = _laid_over(content, _read(path))
    if timezone is not None:
        content["timezone"] = timezone
    if gap_minutes is not None:
        content["timing"]["gap_minutes"] = gap_minutes
    try:
        return _policy(_File.model_validate(content))
    except ValidationError as problem:
        first = problem.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"policy file {path or _SHIPPED.name}: {entry}: {first['msg']}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsError(f"policy file {path} cannot be read: {problem.strerror}") from None
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"policy file {path} is not valid TOML: {problem}") from None


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if both else value
    return merged


def _policy(file: _File) -> Policy:
    window = file.timing.default_window.record()
    waits = file.channels
    return Policy(
        name=file.name,
        timezone=file.timezone,
        calendar=bank_holidays(),
        default_windows=(Window(_EVERY_DAY, window.start, window.until),),
        gap=timedelta(minutes=file.timing.gap_minutes),
        moment_cutoff=file.timing.moment_cutoff,
        courtesy=CourtesyPolicy(**dict(file.courtesy)),
        staff=StaffPolicy(
            climb_working_days=file.staff.climb_working_days,
            task_working_days=file.staff.task_working_days,
            safety_pace=timedelta(minutes=file.staff.safety_minutes),
            at_risk_time=file.staff.at_risk_time,
        ),
        channels=ChannelPolicy(
            default_order=waits.default_order,
            sms_silence=timedelta(hours=waits.sms_silence_hours),
            email_silence=timedelta(hours=waits.email_silence_hours),
            letter_silence_working_days=waits.letter_postal_working_days + waits.letter_return_working_days,
            safety_step=timedelta(minutes=waits.safety_step_minutes),
            retry_after=_minutes(waits.retry_minutes),
            safety_retry_after=_minutes(waits.safety_retry_minutes),
            allow_international=waits.allow_international,
            allow_foreign_post=waits.allow_foreign_post,
            free_text_characters=waits.free_text_characters,
        ),
        serious_offences=file.offences.serious,
        at_risk_offences=file.offences.at_risk,
        no_letter_offences=file.offences.no_letter,
        meeting_offences=file.offences.meeting,
        offence_words=file.offences.words,
        facts={name: channel.facts for name, channel in find_channels().items()},
        limits=dict(file.limits),
    )


def _minutes(values: tuple[int, ...]) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=value) for value in values)


@cache
def bank_holidays() -> Calendar:
    """Return the bank holidays of England and Wales for the years that the ``holidays`` package knows."""
    last_year = country_holidays("GB", subdiv="ENG").end_year
    known = country_holidays("GB", subdiv="ENG", years=range(_FIRST_YEAR, last_year + 1))
    return Calendar(frozenset(known), _FIRST_YEAR, last_year)
