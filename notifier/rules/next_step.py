"""What follows from a provider's answer or its silence (rules, sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from notifier.records import AttemptState, ChannelName, Form, Tone, Wording
from notifier.rules.policy import Policy
from notifier.rules.timing import working_days_later


@dataclass(frozen=True, slots=True)
class Silence:
    """At ``at`` a missing receipt is read as ``means``."""

    at: datetime
    means: AttemptState


def silence_after(channel: ChannelName, tone: Tone, sent_at: datetime, policy: Policy) -> Silence | None:
    """Return when silence about a message sent at ``sent_at`` is read, and as what.

    A safety notice moves on after ten minutes whatever the channel; where receipts are given silence is a
    failure, elsewhere success. What a person does has no receipt: the task says what became of it.
    """
    facts, waits = policy.facts[channel], policy.channels
    if facts.for_a_person:
        return None
    if tone is Tone.SAFETY:
        return Silence(sent_at + waits.safety_step, AttemptState.UNCONFIRMED)
    means = AttemptState.UNCONFIRMED if facts.gives_receipts else AttemptState.DELIVERED
    if facts.form is Form.LETTER:
        return Silence(working_days_later(sent_at, waits.letter_silence_working_days, policy), means)
    return Silence(sent_at + (waits.sms_silence if facts.gives_receipts else waits.email_silence), means)


def retry_at(tone: Tone, tries: int, now: datetime, policy: Policy) -> datetime | None:
    """Return when to try again after the ``tries``-th temporary failure, or ``None`` when it is enough."""
    waits = policy.channels.safety_retry_after if tone is Tone.SAFETY else policy.channels.retry_after
    return now + waits[tries - 1] if tries <= len(waits) else None


@dataclass(frozen=True, slots=True)
class Tried:
    """How one message of a notice stands."""

    state: AttemptState
    wording: Wording


class Step:
    """What a notice needs after its attempts: see the subclasses."""


@dataclass(frozen=True, slots=True)
class Wait(Step):
    """An answer is still to come, or a retry."""


@dataclass(frozen=True, slots=True)
class Told(Step):
    """She has it."""


@dataclass(frozen=True, slots=True)
class Fallback(Step):
    """Use the next contact point; ``full_only`` where only the full text is missing."""

    full_only: bool = False


@dataclass(frozen=True, slots=True)
class AskPerson(Step):
    """Nobody knows whether it went out: a person checks; it is not sent again."""


_ARRIVED = frozenset({AttemptState.DELIVERED, AttemptState.CONFIRMED})
_LIVE = frozenset({AttemptState.DISPATCHING, AttemptState.ACCEPTED, AttemptState.DEFERRED})
SHORT = frozenset({Wording.POINTER, Wording.NEWS})
"""The wordings that announce the full text; what they announce is still to come."""


def step_after(attempts: Iterable[Tried], tone: Tone) -> Step:
    """Return the next step of a notice from all its attempts so far.

    A full text that arrived tells the notice; a short one tells it unless its full text failed.
    An unknown outcome of a routine notice is never followed by a blind resend; a safety notice goes on.
    """
    tried = list(attempts)
    arrived = [one for one in tried if one.state in _ARRIVED]
    full = [one for one in tried if one.wording not in SHORT]
    if any(one.wording not in SHORT for one in arrived):
        return Told()
    if any(one.state in _LIVE for one in tried):
        return Wait()
    if any(one.state is AttemptState.UNKNOWN for one in tried) and tone is not Tone.SAFETY:
        return AskPerson()
    if arrived:
        return Fallback(full_only=True) if full else Told()
    return Fallback()
