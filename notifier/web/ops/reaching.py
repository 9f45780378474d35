"""How a person may reach a victim: her numbers that are safe and work, and what was agreed with her."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from notifier.records import ChannelName, Contract, Needs, PersonName, Role
from notifier.rules.policy import Policies
from notifier.rules.routing import next_route
from notifier.rules.timing import local_day
from notifier.store import cases, people
from notifier.store.database import Tx

_RING = frozenset({ChannelName.SMS, ChannelName.CALL})


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom to ask for, at which numbers (E.164), and what was agreed with her.

    ``by_other``: she has a representative, whose name and numbers these are.
    """

    name: PersonName
    by_other: bool
    numbers: tuple[str, ...]
    contract: Contract
    needs: Needs


def reach(tx: Tx, case_pk: int, victim_pk: int, policies: Policies, now: datetime) -> Reach:
    """Return how a person may reach a victim of a case at ``now``."""
    case, victim = cases.load(tx, case_pk), people.load_victim(tx, victim_pk)
    policy = policies.of(case.force, now)
    day = local_day(now, policy.timezone)
    numbers: list[str] = []
    for point in (point for point in victim.points if point.channel in _RING):
        # A person may ring what no message is agreed to go to, but nothing that may not be used at all.
        alone = replace(victim.contract, channels=(point.channel,))
        asked = replace(victim, points=(point,), contract=alone)
        if next_route(case, asked, day, policy).point is not None:
            numbers.append(point.address)
    by_other = victim.role is Role.REPRESENTATIVE
    return Reach(victim.recipient, by_other, tuple(dict.fromkeys(numbers)), victim.contract, victim.needs)
