from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from notifier.records import ChannelName, ContactPoint, Role
from notifier.store.contact_points import (
    NewPoint,
    add_party_points,
    load_points,
    mark_failed,
    replace_points,
    victims_with,
)
from notifier.store.database import Store, Tx
from notifier.store.engines import IN_MEMORY
from tests.builders import a_cipher, a_document, a_store, at, day, folded, stored

NOW = at("Wed 1 Apr 2026 09:30")
WHEN = "Wed 1 Apr 2026 09:30"


@pytest.fixture
def tx() -> Iterator[Tx]:
    with a_store(IN_MEMORY) as store, store.begin() as tx:
        yield tx


def a_new_point(id_: str, address: str = "+447700900123", **changes: Any) -> NewPoint:
    values: dict[str, Any] = {
        "channel": ChannelName.SMS, "safe": True, "safe_written": False,
        "valid_from": None, "valid_until": None, "unusable": None,
    }  # fmt: skip
    return NewPoint(id=id_, address=address, **{**values, **changes})


def replaced(tx: Tx, *points: NewPoint, confirmed: Iterable[str] = ()) -> tuple[ContactPoint, ...]:
    replace_points(tx, "v1", Role.VICTIM, points, set(confirmed), NOW)
    return load_points(tx, "v1", Role.VICTIM)


def test_points_come_back_in_the_publishers_order_with_all_that_was_written(tx: Tx) -> None:
    dated = a_new_point(
        "b", "jo@example.org", channel=ChannelName.EMAIL, safe=False, safe_written=False,
        valid_from=day("Wed 1 Apr 2026"), valid_until=day("Thu 2 Apr 2026"), unusable="it is odd",
    )  # fmt: skip
    first, second = replaced(tx, dated, a_new_point("a", safe_written=True))
    assert (first.id, second.id) == ("b", "a")
    assert (first.channel, first.address, first.safe, first.unusable) == (
        ChannelName.EMAIL, "jo@example.org", False, "it is odd",
    )  # fmt: skip
    assert (first.valid_from, first.valid_until) == (day("Wed 1 Apr 2026"), day("Thu 2 Apr 2026"))
    assert second.safe_written
    assert not first.failed
    assert not first.on_party_file


def test_what_is_left_out_is_gone(tx: Tx) -> None:
    replaced(tx, a_new_point("a"), a_new_point("b", "+447700900124"))
    assert [point.id for point in replaced(tx, a_new_point("b", "+447700900124"))] == ["b"]


def test_an_unchanged_address_stays_the_same_point(tx: Tx) -> None:
    (before,) = replaced(tx, a_new_point("a"))
    (after,) = replaced(tx, a_new_point("a", safe=False))
    assert after.pk == before.pk
    assert not after.safe


def test_a_changed_address_is_another_point(tx: Tx) -> None:
    (before,) = replaced(tx, a_new_point("a"))
    (after,) = replaced(tx, a_new_point("a", "+447700900999"))
    assert after.pk != before.pk
    assert after.address == "+447700900999"


def test_a_failed_point_stays_failed_until_it_is_confirmed(tx: Tx) -> None:
    (point,) = replaced(tx, a_new_point("a"))
    mark_failed(tx, point.pk, NOW)
    assert [one.failed for one in replaced(tx, a_new_point("a"))] == [True], "only something else changed"
    assert [one.failed for one in replaced(tx, a_new_point("a"), confirmed={"a"})] == [False]


def test_a_failed_point_that_was_replaced_is_a_new_one(tx: Tx) -> None:
    (point,) = replaced(tx, a_new_point("a"))
    mark_failed(tx, point.pk, NOW)
    assert [one.failed for one in replaced(tx, a_new_point("a", "+447700900999"))] == [False]


def test_a_representatives_points_are_not_the_victims(tx: Tx) -> None:
    replaced(tx, a_new_point("a"))
    replace_points(tx, "v1", Role.REPRESENTATIVE, [a_new_point("r", "+447700900555")], set(), NOW)
    assert [point.id for point in load_points(tx, "v1", Role.VICTIM)] == ["a"]
    assert [point.id for point in load_points(tx, "v1", Role.REPRESENTATIVE)] == ["r"]


def test_both_databases_replace_and_look_up_alike(database_url: str) -> None:
    with a_store(database_url) as store, store.begin() as tx:
        replaced(tx, a_new_point("a"), a_new_point("b", "+447700900124"), a_new_point("c"))
        theirs = add_party_points(tx, "c2", None, [a_new_point("s", "+447700900124")], NOW)
        after = replaced(tx, a_new_point("c"), a_new_point("b", "+447700900124"))
        assert [(point.id, point.on_party_file) for point in after] == [("c", False), ("b", True)]
        assert victims_with(tx, theirs) == {"v1"}


# What is on file for a party of any case: through the events, so that both sides are normalised.


def fold(tx: Tx, type_: str, case_id: str = "c1", **data: Any) -> None:
    folded(tx, stored(tx, a_document(type_, WHEN, case_id=case_id, **data)))


def register(tx: Tx, channel: str, address: Any, victim_id: str = "v1", **needs: Any) -> None:
    points = [{"id": "p1", "channel": channel, "address": address}]
    fold(tx, "victim.registered", victim_id=victim_id, contact_points=points, needs=needs)


def record_party(tx: Tx, channel: str, address: Any, *, case_id: str = "c1", **data: Any) -> None:
    points = [{"id": "s1", "channel": channel, "address": address}]
    fold(tx, "case.party_recorded", case_id, role="suspect", contact_points=points, **data)


def blocked(tx: Tx, role: Role = Role.VICTIM, victim_id: str = "v1") -> list[bool]:
    return [point.on_party_file for point in load_points(tx, victim_id, role)]


HOME = {"lines": ["1 Mill Lane", "Exampleton", "SW1A 1AA"]}


@pytest.mark.parametrize(
    ("hers", "theirs", "reason"),
    [
        (("sms", "07700 900123"), ("sms", "+447700900123"), "national and international"),
        (("sms", "+44 (0)7700 900123"), ("sms", "07700-900-123"), "brackets and dashes"),
        (("sms", "07700900123"), ("call", "0044 7700 900123"), "a number is one for texts and calls"),
        (("call", "01632 960001"), ("call", "+441632960001"), "a landline"),
        (("call", "01632 960001"), ("sms", "01632 960001"), "a landline that was recorded as a mobile"),
        (("email", "Jo@Example.ORG"), ("email", "jo@example.org"), "capitals"),
        (("email", "  jo@example.org "), ("email", "jo@example.org"), "spaces around it"),
        (
            ("letter", HOME),
            ("letter", {"lines": ["1  MILL LANE", "Exampleton", "sw1a1aa", "England"]}),
            "spaces, capitals and the country",
        ),
    ],
)
def test_a_partys_address_is_found_across_ways_of_writing(
    tx: Tx, hers: tuple[str, Any], theirs: tuple[str, Any], reason: str
) -> None:
    register(tx, *hers)
    record_party(tx, *theirs)
    assert blocked(tx) == [True], reason


def test_a_partys_address_of_another_case_counts_too_whichever_came_first(tx: Tx) -> None:
    record_party(tx, "sms", "07700 900123", case_id="c2")
    register(tx, "sms", "+447700900123")
    assert blocked(tx) == [True]


def test_another_address_does_not_count(tx: Tx) -> None:
    register(tx, "sms", "07700 900123")
    record_party(tx, "sms", "07700 900124")
    assert blocked(tx) == [False]


def test_her_own_do_not_count_against_one_who_is_a_party_too(tx: Tx) -> None:
    register(tx, "sms", "07700 900123")
    record_party(tx, "sms", "07700 900123", victim_id="v1")
    assert blocked(tx) == [False]


def test_but_they_count_against_another_victim(tx: Tx) -> None:
    register(tx, "sms", "07700 900123", victim_id="v2")
    record_party(tx, "sms", "07700 900123", victim_id="v1")
    assert blocked(tx, victim_id="v2") == [True]


def test_a_representatives_address_is_checked_as_well(tx: Tx) -> None:
    theirs = [{"id": "r1", "channel": "sms", "address": "07700 900555"}]
    register(tx, "sms", "07700 900123", representative={"name": "Sam Carter", "contact_points": theirs})
    record_party(tx, "call", "+447700900555")
    assert (blocked(tx), blocked(tx, Role.REPRESENTATIVE)) == ([False], [True])


def test_whose_plans_must_be_looked_at_again_is_known(tx: Tx) -> None:
    register(tx, "sms", "07700 900123")
    register(tx, "sms", "07700 900124", victim_id="v2")
    event = stored(
        tx,
        a_document(
            "case.party_recorded", WHEN, case_id="c2", role="witness",
            contact_points=[{"id": "s1", "channel": "sms", "address": "+447700900124"}],
        ),
    )  # fmt: skip
    assert folded(tx, event).victim_ids == {"v2"}
    assert victims_with(tx, []) == set()


def test_a_failure_is_remembered_through_an_update_of_something_else(tx: Tx) -> None:
    register(tx, "sms", "07700 900123")
    (point,) = load_points(tx, "v1", Role.VICTIM)
    mark_failed(tx, point.pk, NOW + timedelta(hours=1))
    fold(tx, "victim.updated", victim_id="v1", needs={"language": "cy"})
    assert [one.failed for one in load_points(tx, "v1", Role.VICTIM)] == [True]
    again = [{"id": "p1", "channel": "sms", "address": "+447700900123"}]
    fold(tx, "victim.updated", victim_id="v1", contact_points=again)
    assert [one.failed for one in load_points(tx, "v1", Role.VICTIM)] == [False], "confirmed"


def test_a_representatives_failure_is_remembered_too(tx: Tx) -> None:
    theirs = [{"id": "r1", "channel": "sms", "address": "07700 900555"}]
    register(tx, "sms", "07700 900123", representative={"name": "Sam Carter", "contact_points": theirs})
    (point,) = load_points(tx, "v1", Role.REPRESENTATIVE)
    mark_failed(tx, point.pk, NOW + timedelta(hours=1))
    fold(tx, "victim.updated", victim_id="v1", needs={"language": "cy"})
    assert [one.failed for one in load_points(tx, "v1", Role.REPRESENTATIVE)] == [True]
    fold(tx, "victim.updated", victim_id="v1", needs={"representative": {"contact_points": theirs}})
    assert [one.failed for one in load_points(tx, "v1", Role.REPRESENTATIVE)] == [False], "confirmed"


def test_the_key_of_a_point_that_is_gone_is_given_to_nobody_else(database_url: str) -> None:
    """A late bounce names the point that the attempt went to: it must not close another person's."""
    with closing(Store(database_url, a_cipher())) as store:
        store.upgrade()
        with store.begin() as tx:
            (first,) = replaced(tx, a_new_point("a"))
            assert replaced(tx) == ()
            (second,) = replaced(tx, a_new_point("a"))
    assert second.pk != first.pk
