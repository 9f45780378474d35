"""The numbers of the rules, as one value. They are data (``policy.toml``), never literals in a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from notifier.event_types import EventType, Limit
from notifier.records import ChannelFacts, ChannelName, Window
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
class Policy:
    """Everything a force may decide, valid from one date on; and ``facts``, what the channels are like."""

    name: str
    timezone: ZoneInfo
    calendar: Calendar
    default_windows: tuple[Window, ...]
    gap: timedelta
    moment_cutoff: time
    courtesy: CourtesyPolicy
    staff: StaffPolicy
    channels: ChannelPolicy
    serious_offences: frozenset[str]
    at_risk_offences: frozenset[str]
    no_letter_offences: frozenset[str]
    meeting_offences: frozenset[str]
    offence_words: tuple[str, ...]
    facts: Mapping[ChannelName, ChannelFacts]
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)

    def limit(self, row: EventType) -> Limit:
        """Return the row's limit, with this policy's working days where it names the event type."""
        assert row.limit is not None
        standard, enhanced = self.limits.get(row.name, (row.limit.standard, row.limit.enhanced))
        return Limit(standard, enhanced, row.limit.clock, row.limit.source)
