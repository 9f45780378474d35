"""How each duty with a time limit was met."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from notifier.duties import how_met
from notifier.plain_words import reason
from notifier.rules.compliance import Judgement, Result
from notifier.rules.policy import Policies
from notifier.store import duties as stored
from notifier.store.database import Tx
from notifier.store.duties import Duty


def duties(tx: Tx, policies: Policies, now: datetime) -> Counter[str]:
    """Count how the duties stand at ``now``, in plain words."""
    return Counter(_words(duty, how_met(duty, policies, now)) for duty in stored.every(tx))


def _words(duty: Duty, judgement: Judgement) -> str:
    match judgement.result:
        case Result.MET:
            return f"met by a {judgement.by}"
        case Result.LATE:
            return "late, as the event itself was" if duty.facts.event_was_late else "late"
        case Result.NOT_TO_BE_TOLD:
            return f"not to be told: {reason(duty.facts.reason)}"
        case Result.OPEN:
            return "still open, in time"
    return "missed so far, and with a person"
