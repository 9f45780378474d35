from __future__ import annotations

from typing import Any

import pytest

from notifier.records import ChannelName, Form, Needs, Role
from notifier.rules.routing import channel_order, next_route
from tests.builders import (
    SHIPPED,
    a_case,
    a_contract,
    a_policy_where,
    a_victim,
    call,
    day,
    email,
    letter,
    sms,
)

TODAY = day("Wed 1 Apr 2026")
UNSAFE = {"safe": False}
DATED = {"valid_from": day("Mon 30 Mar 2026"), "valid_until": day("Wed 1 Apr 2026")}


def channel_for(*points: Any, contract: Any = None, on: str = "Wed 1 Apr 2026", **case: Any) -> str | None:
    """Return the channel of the contact point that is used, or ``None``."""
    victim = a_victim(*points, contract=contract or a_contract())
    point = next_route(a_case(**case), victim, day(on), SHIPPED).point
    return point.channel.value if point else None


@pytest.mark.parametrize(
    ("named", "expected", "reason"),
    [
        ((), ("sms", "email"), "none named: sms, then email, never a letter"),
        (("letter", "sms"), ("letter", "sms"), "hers, in her order"),
        (("call",), ("call",), "only what she named"),
    ],
)
def test_the_order_of_channels(named: tuple[str, ...], expected: tuple[str, ...], reason: str) -> None:
    assert channel_order(a_victim(contract=a_contract(*named)), SHIPPED) == expected, reason


@pytest.mark.parametrize(
    ("points", "named", "expected", "reason"),
    [
        ([letter(), email(), sms()], (), "sms", "the order is the contract's, not that of the points"),
        ([letter(), email()], (), "email", "the next of the default order"),
        ([letter(), call()], (), None, "a letter or a call is never chosen unasked"),
        ([sms(), email()], ("email", "sms"), "email", "she prefers email"),
        ([sms()], ("email",), None, "she did not agree to sms"),
        ([sms(), letter()], ("email", "letter"), "letter", "no email address on file"),
        ([sms(), call()], ("call", "sms"), "call", "she prefers to be called"),
    ],
)
def test_the_contract_chooses(points: Any, named: tuple[str, ...], expected: str | None, reason: str) -> None:
    assert channel_for(*points, contract=a_contract(*named)) == expected, reason


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (UNSAFE, "not safe"),
        ({"failed": True}, "it failed for good"),
        ({"unusable": "it is not a mobile number"}, "it cannot be an address"),
        ({"valid_from": day("Thu 2 Apr 2026")}, "not valid yet"),
        ({"valid_until": day("Tue 31 Mar 2026")}, "not valid any more"),
        ({"on_party_file": True}, "on file for a party"),
    ],
)
def test_a_point_that_may_not_be_used_is_passed_over(spoilt: dict[str, Any], reason: str) -> None:
    assert channel_for(sms(**spoilt), email()) == "email", reason
    assert channel_for(sms(**spoilt)) is None, reason


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("Sun 29 Mar 2026", None),
        ("Mon 30 Mar 2026", "sms"),
        ("Wed 1 Apr 2026", "sms"),
        ("Thu 2 Apr 2026", None),
    ],
)
def test_the_days_of_a_contact_point_are_both_inclusive(on: str, expected: str | None) -> None:
    assert channel_for(sms(**DATED), on=on) == expected


def test_of_two_points_of_a_channel_the_publishers_first() -> None:
    first, second = sms(), sms()
    route = next_route(a_case(), a_victim(first, second), TODAY, SHIPPED)
    assert route.point == first
    after = next_route(a_case(), a_victim(first, second), TODAY, SHIPPED, tried=frozenset({first.pk}))
    assert after.point == second


def test_what_was_tried_is_not_tried_again() -> None:
    first, second = sms(), email()
    used_up = frozenset({first.pk, second.pk})
    assert next_route(a_case(), a_victim(first, second), TODAY, SHIPPED, tried=used_up).point is None


def test_a_channel_may_be_ruled_out() -> None:
    route = next_route(
        a_case(), a_victim(sms(), email()), TODAY, SHIPPED, without=frozenset({ChannelName.SMS})
    )
    assert route.point is not None
    assert route.point.channel is ChannelName.EMAIL


@pytest.mark.parametrize(
    ("offence", "discreet", "written", "expected", "reason"),
    [
        ("burglary", False, False, "letter", "an ordinary offence"),
        ("domestic_abuse", False, False, None, "post is opened by others"),
        ("stalking", False, False, None, "post is opened by others"),
        ("burglary", True, False, None, "she must not be found out"),
        ("domestic_abuse", False, True, "letter", "she wrote that post is safe"),
        ("burglary", True, True, "letter", "she wrote that post is safe"),
        ("sexual_offence", False, False, "letter", "only for the offences that the rule names"),
    ],
)
def test_a_letter_that_others_may_open(
    offence: str, discreet: bool, written: bool, expected: str | None, reason: str
) -> None:
    victim = a_victim(
        letter(safe_written=written), contract=a_contract("letter"), needs=Needs(discreet=discreet)
    )
    point = next_route(a_case(offence=offence), victim, TODAY, SHIPPED).point
    assert (point.channel.value if point else None) == expected, reason


def test_a_letter_is_not_a_fallback_either_without_written_safety() -> None:
    points = (sms(failed=True), letter())
    assert channel_for(*points, contract=a_contract("sms", "letter"), offence="stalking") is None


def test_a_partys_address_is_shown_to_staff_and_the_next_channel_is_used() -> None:
    shared = sms(on_party_file=True)
    route = next_route(a_case(), a_victim(shared, email()), TODAY, SHIPPED)
    assert route.point is not None
    assert route.point.channel is ChannelName.EMAIL
    assert route.blocked == (shared,)


def test_a_partys_address_that_was_not_reached_is_not_shown() -> None:
    route = next_route(a_case(), a_victim(sms(), email(on_party_file=True)), TODAY, SHIPPED)
    assert route.blocked == ()


def test_a_representative_gets_the_victims_order_of_channels() -> None:
    theirs = (sms(), email())
    victim = a_victim(*theirs, role=Role.REPRESENTATIVE, contract=a_contract("email", "sms"))
    assert next_route(a_case(), victim, TODAY, SHIPPED).point == theirs[1]


def test_why_says_what_was_passed_over() -> None:
    route = next_route(a_case(), a_victim(sms(**UNSAFE), email()), TODAY, SHIPPED)
    assert [line for line in route.why if "not safe" in line]
    assert not [line for line in route.why if "+447700900123" in line], "addresses stay out of reasons"


@pytest.mark.parametrize(("form", "expected"), [(Form.LETTER, None), (Form.MAIL, "email")])
def test_any_channel_by_post_needs_written_safety(form: Form, expected: str | None) -> None:
    policy = a_policy_where(ChannelName.EMAIL, form=form)
    route = next_route(a_case(offence="stalking"), a_victim(email()), TODAY, policy)
    assert (route.point.channel if route.point else None) == expected
