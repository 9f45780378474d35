"""Which contact point a message goes to (rules, section 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from notifier.records import Case, ChannelName, ContactPoint, Form, Victim
from notifier.rules.policy import Policy
from notifier.rules.sensitivity import letter_needs_written_safety


@dataclass(frozen=True, slots=True)
class Route:
    """The contact point to use next, and what was passed over on the way to it.

    ``blocked`` are points on file for another person who is a party of a case: each is shown to staff.
    """

    point: ContactPoint | None
    blocked: tuple[ContactPoint, ...]
    why: tuple[str, ...]


def next_route(
    case: Case,
    victim: Victim,
    on: date,
    policy: Policy,
    *,
    tried: frozenset[int] = frozenset(),
    without: frozenset[ChannelName] = frozenset(),
) -> Route:
    """Return the first contact point, in the contract's order of channels, that may be used.

    ``on`` is the local day of the sending; ``tried`` are the points this notice used up already and
    ``without`` the channels that may not carry it.
    """
    blocked: list[ContactPoint] = []
    why: list[str] = []
    for point in _in_order(victim, policy):
        if point.pk in tried or point.channel in without:
            continue
        if point.on_party_file:
            blocked.append(point)
            continue
        objection = _objection(point, case, victim, on, policy)
        if objection is None:
            why.append(f"{point.channel} is next in the agreed order")
            return Route(point, tuple(blocked), tuple(why))
        why.append(f"contact point {point.id} passed over: {objection}")
    return Route(None, tuple(blocked), tuple(why))


def channel_order(victim: Victim, policy: Policy) -> tuple[ChannelName, ...]:
    """Return the channels of the contract, or sms then email where none were named."""
    return victim.contract.channels or policy.channels.default_order


def _in_order(victim: Victim, policy: Policy) -> Iterator[ContactPoint]:
    for channel in dict.fromkeys(channel_order(victim, policy)):
        yield from (point for point in victim.points if point.channel is channel)


def _objection(point: ContactPoint, case: Case, victim: Victim, on: date, policy: Policy) -> str | None:
    if not point.safe:
        return "it is not safe"
    if point.unusable:
        return point.unusable
    if point.failed:
        return "it failed for good and was not confirmed since"
    if (point.valid_from and on < point.valid_from) or (point.valid_until and on > point.valid_until):
        return "it is not valid on that day"
    if (
        policy.facts[point.channel].form is Form.LETTER
        and not point.safe_written
        and letter_needs_written_safety(case, victim.needs, policy)
    ):
        return "a letter needs a written word that post is safe"
    return None
