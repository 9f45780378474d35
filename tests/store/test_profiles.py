from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from notifier import profiles
from notifier.errors import EventRefused
from notifier.merging import merge
from notifier.records import Case, ChannelName, Contract, Needs, PersonName, Role, Victim
from notifier.store import cases, people, registrations
from notifier.store.database import Tx
from notifier.store.engines import IN_MEMORY
from tests.builders import a_document, a_store, a_window, at, folded, stored

MOBILE = {"id": "p1", "channel": "sms", "address": "07700 900123"}
MAILBOX = {"id": "p2", "channel": "email", "address": "jo@example.org"}
OPENED = {"offence": "burglary", "force": "Example", "reference": "EX/1234/26"}
SHAH, FIELD = {"id": "off7", "name": "PC Priya Shah"}, {"id": "off8", "name": "PC Ann Field"}


@pytest.fixture
def tx() -> Iterator[Tx]:
    with a_store(IN_MEMORY) as store, store.begin() as tx:
        yield tx


@pytest.mark.parametrize(
    ("below", "above", "expected", "reason"),
    [
        ({"enhanced": False}, {"enhanced": True}, {"enhanced": True}, "a value replaces"),
        ({"enhanced": True}, {}, {"enhanced": True}, "what is not written stays"),
        ({"contract": {"wants": "all"}}, {"contract": None}, {}, "a null removes"),
        ({}, {"contract": None}, {}, "a null where nothing was"),
        (
            {"contract": {"wants": "all", "every_days": 7}},
            {"contract": {"every_days": 14}},
            {"contract": {"wants": "all", "every_days": 14}},
            "objects merge",
        ),
        (
            {"contract": {"wants": "all", "every_days": 7}},
            {"contract": {"every_days": None}},
            {"contract": {"wants": "all"}},
            "a null inside an object removes there",
        ),
        (
            {"contract": {"channels": ["sms", "email"]}},
            {"contract": {"channels": ["letter"]}},
            {"contract": {"channels": ["letter"]}},
            "lists replace",
        ),
        (
            {"contact_points": [MOBILE, MAILBOX]},
            {"contact_points": [{"id": "p2", "safe": False}]},
            {"contact_points": [MOBILE, {**MAILBOX, "safe": False}]},
            "contact points merge by id, in their order",
        ),
        (
            {"contact_points": [MOBILE]},
            {"contact_points": [MAILBOX]},
            {"contact_points": [MOBILE, MAILBOX]},
            "a new contact point joins the others",
        ),
        (
            {"contact_points": [MOBILE, MAILBOX]},
            {"contact_points": [{"id": "p1", "address": None}]},
            {"contact_points": [MAILBOX]},
            "an address of null removes the contact point",
        ),
        (
            {"contact_points": [{**MOBILE, "valid_until": "2026-04-01"}]},
            {"contact_points": [{"id": "p1", "valid_until": None}]},
            {"contact_points": [MOBILE]},
            "a null inside a contact point removes there",
        ),
        (
            {"contact_points": [{"id": "p3", "channel": "letter", "address": {"lines": ["a", "b", "c"]}}]},
            {"contact_points": [{"id": "p3", "address": {"lines": ["d", "e", "f"]}}]},
            {"contact_points": [{"id": "p3", "channel": "letter", "address": {"lines": ["d", "e", "f"]}}]},
            "an address is one thing",
        ),
        (
            {"needs": {"representative": {"name": "Sam", "contact_points": [MOBILE]}}},
            {"needs": {"representative": {"contact_points": [MAILBOX]}}},
            {"needs": {"representative": {"name": "Sam", "contact_points": [MOBILE, MAILBOX]}}},
            "a representative's contact points merge by id too",
        ),
        (
            {"needs": {"language": "cy", "representative": {"name": "Sam"}}},
            {"needs": {"representative": None}},
            {"needs": {"language": "cy"}},
            "a null removes the representative",
        ),
    ],
)
def test_merging(below: dict[str, Any], above: dict[str, Any], expected: dict[str, Any], reason: str) -> None:
    assert merge(below, above) == expected, reason


def test_merging_changes_nothing_that_it_was_given() -> None:
    below = {"contract": {"wants": "all"}, "contact_points": [dict(MOBILE)]}
    merge(below, {"contract": {"wants": "none"}, "contact_points": [{"id": "p1", "safe": False}]})
    assert below == {"contract": {"wants": "all"}, "contact_points": [MOBILE]}


def fold(
    tx: Tx, type_: str, when: str = "Wed 1 Apr 2026 09:30", *, case_id: str = "c1", **data: Any
) -> profiles.Changes:
    event = stored(tx, a_document(type_, when, case_id=case_id, **data))
    return folded(tx, event)


def the_victim(tx: Tx, case_id: str = "c1") -> Victim:
    victim_pk = people.victim_pk(tx, "v1")
    assert victim_pk is not None
    return people.load_victim(tx, victim_pk)


def the_case(tx: Tx) -> Case:
    return cases.load(tx, cases.key(tx, "c1"))


def addresses(victim: Victim) -> list[str]:
    return [point.address for point in victim.points]


def test_a_registration_is_read_with_its_defaults(tx: Tx) -> None:
    changes = fold(tx, "victim.registered", victim_id="v1")
    victim = the_victim(tx)
    assert (victim.contract, victim.needs) == (Contract(), Needs())
    assert (victim.enhanced, victim.withdrew, victim.role) == (False, False, Role.VICTIM)
    assert changes.victim_ids == {"v1"}


def test_a_registration_is_read_whole(tx: Tx) -> None:
    fold(
        tx,
        "victim.registered",
        victim_id="v1",
        name={"title": "Ms", "given": "Jo", "family": "Bloggs"},
        contact_points=[{**MOBILE, "safe": True}, {**MAILBOX, "valid_until": "2026-04-02"}],
        contract={
            "wants": "key_events", "channels": ["email", "sms"], "windows_strict": True, "every_days": 10,
            "windows": [{"days": ["mon", "fri"], "from": "18:00", "until": "24:00"}],
        },
        needs={"language": "cy", "format": "large_print", "discreet": True, "voicemail": True},
        enhanced=True,
    )  # fmt: skip
    victim = the_victim(tx)
    assert victim.name == victim.recipient == PersonName("Ms", "Jo", "Bloggs")
    assert victim.contract == Contract(
        "key_events", (ChannelName.EMAIL, ChannelName.SMS), (a_window("18:00", "24:00", "mon fri"),), True, 10
    )
    assert victim.needs == Needs("cy", "large_print", discreet=True, voicemail=True)
    assert victim.enhanced
    assert addresses(victim) == ["+447700900123", "jo@example.org"]
    assert [point.safe_written for point in victim.points] == [True, False], "safe by default is not written"


def test_an_address_that_cannot_be_used_is_kept_with_the_reason(tx: Tx) -> None:
    fold(tx, "victim.registered", victim_id="v1", contact_points=[{**MOBILE, "address": "070 1234"}])
    (point,) = the_victim(tx).points
    assert point.unusable
    assert "070" not in point.unusable.replace("(070)", ""), "a reason never quotes the address"


def test_a_representative_is_told_instead(tx: Tx) -> None:
    theirs = {"name": "Sam Carter", "contact_points": [MAILBOX]}
    fold(tx, "victim.registered", victim_id="v1", contact_points=[MOBILE], needs={"representative": theirs})
    victim = the_victim(tx)
    assert (victim.role, victim.recipient.family) == (Role.REPRESENTATIVE, "Sam Carter")
    assert addresses(victim) == ["jo@example.org"]
    fold(tx, "victim.updated", victim_id="v1", needs={"representative": None})
    assert (the_victim(tx).role, addresses(the_victim(tx))) == (Role.VICTIM, ["+447700900123"])


def test_an_update_changes_only_what_is_written(tx: Tx) -> None:
    fold(tx, "victim.registered", victim_id="v1", contact_points=[MOBILE, MAILBOX], needs={"language": "cy"})
    fold(tx, "victim.updated", victim_id="v1", contact_points=[{"id": "p1", "safe": False}], enhanced=True)
    victim = the_victim(tx)
    assert [point.safe for point in victim.points] == [False, True]
    assert (victim.needs.language, victim.enhanced) == ("cy", True)


@pytest.mark.parametrize(
    ("registered", "update"),
    [
        ({"contract": {"wants": "none"}}, {"contract": {"wants": None}}),
        ({"contract": {"wants": "none"}}, {"contract": None}),
        ({}, {"contract": {"windows": None, "channels": None}, "needs": {"language": None}}),
        ({}, {"contract": None, "needs": None, "name": None, "enhanced": None, "contact_points": None}),
    ],
)
def test_a_null_brings_the_default_back(tx: Tx, registered: dict[str, Any], update: dict[str, Any]) -> None:
    fold(tx, "victim.registered", victim_id="v1", **registered)
    fold(tx, "victim.updated", victim_id="v1", **update)
    assert (the_victim(tx).contract, the_victim(tx).needs) == (Contract(), Needs())


def test_an_update_before_the_registration_still_lies_over_it(tx: Tx) -> None:
    fold(tx, "victim.updated", "Thu 2 Apr 2026 09:30", victim_id="v1",
         contact_points=[{"id": "p1", "safe": False}], needs={"language": "cy"})  # fmt: skip
    fold(tx, "victim.registered", victim_id="v1", contact_points=[MOBILE, MAILBOX], needs={"language": "en"})
    victim = the_victim(tx)
    assert [(point.id, point.safe) for point in victim.points] == [("p1", False), ("p2", True)]
    assert victim.needs.language == "cy"


def test_a_contact_point_removed_before_the_registration_stays_removed(tx: Tx) -> None:
    fold(tx, "victim.updated", "Thu 2 Apr 2026 09:30", victim_id="v1",
         contact_points=[{"id": "p1", "address": None}])  # fmt: skip
    fold(tx, "victim.registered", victim_id="v1", contact_points=[MOBILE, MAILBOX])
    assert addresses(the_victim(tx)) == ["jo@example.org"]


def test_a_registration_in_a_second_case_keeps_what_is_known_of_her(tx: Tx) -> None:
    fold(tx, "victim.registered", victim_id="v1", contact_points=[MOBILE], needs={"discreet": True})
    fold(tx, "victim.registered", case_id="c2", victim_id="v1", contact_points=[MAILBOX])
    for case_id in ("c1", "c2"):
        victim = the_victim(tx, case_id)
        assert addresses(victim) == ["+447700900123", "jo@example.org"]
        assert victim.needs.discreet
    assert len(registrations.cases_of(tx, [victim.pk])[victim.pk]) == 2


def test_a_registration_that_comes_again_updates_her_and_stays_one(tx: Tx) -> None:
    fold(tx, "victim.registered", victim_id="v1", contact_points=[MOBILE])
    fold(tx, "victim.registered", "Thu 2 Apr 2026 09:30", victim_id="v1", enhanced=True)
    victim = the_victim(tx)
    assert victim.enhanced
    assert addresses(victim) == ["+447700900123"]
    (registration,) = registrations.of_case(tx, cases.key(tx, "c1"))
    assert registration.since == at("Wed 1 Apr 2026 09:30"), "the first one counts"


def test_a_contact_point_that_is_not_whole_is_refused_without_quoting_it(tx: Tx) -> None:
    fold(tx, "victim.registered", victim_id="v1", contact_points=[MOBILE])
    with pytest.raises(EventRefused) as refused:
        fold(tx, "victim.updated", victim_id="v1", contact_points=[{"id": "p9", "address": "jo@example.org"}])
    assert "contact_points" in str(refused.value)
    assert "jo@example.org" not in str(refused.value)


def test_a_case_is_known_before_it_is_opened(tx: Tx) -> None:
    fold(tx, "officer.assigned", officer=FIELD)
    case = the_case(tx)
    assert not case.opened
    assert case.officer is not None
    assert case.officer.id == "off8"


def test_an_officer_assigned_before_the_opening_stays(tx: Tx) -> None:
    fold(tx, "officer.assigned", "Thu 2 Apr 2026 09:30", officer=FIELD)
    fold(tx, "case.opened", officer=SHAH, supervisor=SHAH, suspect_known=True, **OPENED)
    case = the_case(tx)
    assert (case.opened, case.offence, case.reference) == (True, "burglary", "EX/1234/26")
    assert (case.fatal, case.suspect_known) == (False, True)
    assert case.officer is not None
    assert case.supervisor is not None
    assert (case.officer.id, case.supervisor.id) == ("off8", "off7")


def test_an_officer_assigned_after_the_opening_follows(tx: Tx) -> None:
    fold(tx, "case.opened", officer=SHAH, **OPENED)
    fold(tx, "officer.assigned", "Thu 2 Apr 2026 09:30", officer=FIELD)
    case = the_case(tx)
    assert case.officer is not None
    assert case.officer.id == "off8"
