"""Small builders of records for tests: each gives a whole, ordinary one, and a test changes what it is about.

Times are written as people write them, ``Wed 1 Apr 2026 09:30``, and are London wall-clock time. A wrong
weekday is refused, so a table of dates cannot lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from notifier import profiles
from notifier.event_types import EVENT_TYPES
from notifier.policy_file import load_policies
from notifier.records import (
    Case,
    CaseEvent,
    ChannelName,
    ContactPoint,
    Contract,
    Needs,
    PersonName,
    Role,
    StaffMember,
    Victim,
    Window,
)
from notifier.rules.decision import Situation
from notifier.rules.policy import Policy
from notifier.store import cases, events
from notifier.store.cipher import Cipher
from notifier.store.database import Store, Tx
from notifier.store.events import Added
from notifier.wire import WindowShape

LONDON = ZoneInfo("Europe/London")
POLICIES = load_policies()
SHIPPED = POLICIES.general[0].policy
MOST_SEGMENTS = SHIPPED.words.max_segments
DATA_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SECRET_KEY = "the secret key of the tests, long enough"
OFFICER = StaffMember("off7", "PC Priya Shah", "priya.shah@police.example", "01632 960001")
SUPERVISOR = StaffMember("sup1", "Sgt Tom Reid", "tom.reid@police.example", "01632 960002")
UNIT = StaffMember("unit1", "Victim Care Unit", "vcu@police.example", "01632 960003")
COVER = StaffMember("off8", "PC Ann Field", "ann.field@police.example", "01632 960004")
JO = PersonName("Ms", "Jo", "Bloggs")
AN_ARREST = "case.suspect_arrested"

_numbers = count(1)


def at(text: str, *, again: bool = False) -> datetime:
    """Return the instant, in UTC, of a London wall-clock time such as ``Wed 1 Apr 2026 09:30`` (or ``:15``).

    ``again`` means the second time of the two, in the hour that is repeated in October.
    """
    clock = "%H:%M:%S" if text.count(":") == 2 else "%H:%M"
    moment = datetime.strptime(text, f"%a %d %b %Y {clock}").replace(tzinfo=LONDON, fold=int(again))
    assert text.startswith(f"{moment:%a}"), f"{text} is a {moment:%A}"
    return moment.astimezone(UTC)


def day(text: str) -> date:
    """Return a local day such as ``Wed 1 Apr 2026``."""
    return at(f"{text} 12:00").date()


def a_policy(**changes: Any) -> Policy:
    """Return the shipped policy with these fields changed."""
    return replace(SHIPPED, **changes)


def a_policy_where(channel: ChannelName, **facts: Any) -> Policy:
    """Return the shipped policy with a channel that is another one: these of its facts are changed."""
    return a_policy(facts={**SHIPPED.facts, channel: replace(SHIPPED.facts[channel], **facts)})


def a_window(start: str, until: str, days: str = "mon tue wed thu fri sat sun") -> Window:
    """Return a window as an event would bring it; ``until`` may be ``24:00``."""
    shape = {"days": days.split(), "from": start, "until": until}
    return WindowShape.model_validate(shape).record()


def a_point(channel: ChannelName, address: str, **changes: Any) -> ContactPoint:
    """Return a contact point that may be used."""
    number = next(_numbers)
    return replace(ContactPoint(number, f"p{number}", channel, address), **changes)


def sms(**changes: Any) -> ContactPoint:
    """Return a mobile number for text messages."""
    return a_point(ChannelName.SMS, "+447700900123", **changes)


def email(**changes: Any) -> ContactPoint:
    """Return an email address."""
    return a_point(ChannelName.EMAIL, "jo@example.org", **changes)


def letter(**changes: Any) -> ContactPoint:
    """Return a postal address."""
    return a_point(ChannelName.LETTER, "1 Mill Lane\nExampleton\nEX1 1AA", **changes)


def call(**changes: Any) -> ContactPoint:
    """Return a number to be called."""
    return a_point(ChannelName.CALL, "+441632960123", **changes)


def a_contract(*channels: str, **changes: Any) -> Contract:
    """Return the agreement with a victim; no channels means the policy's order."""
    return replace(Contract(channels=tuple(ChannelName(name) for name in channels)), **changes)


def a_victim(*points: ContactPoint, **changes: Any) -> Victim:
    """Return a victim with standard rights who wants everything."""
    victim = Victim(1, "v1", JO, Contract(), Needs(), False, False, Role.VICTIM, JO, points)
    return replace(victim, **changes)


def a_case(**changes: Any) -> Case:
    """Return an open burglary with an officer, a supervisor and a unit."""
    case = Case(
        1, "c1", True, "burglary", force="Example", reference="EX/1234/26",
        officer=OFFICER, supervisor=SUPERVISOR, unit=UNIT,
    )  # fmt: skip
    return replace(case, **changes)


def an_event(
    type_: str,
    occurred: str = "Wed 1 Apr 2026 09:30",
    *,
    received: str | None = None,
    arrived: str | None = None,
    **data: Any,
) -> CaseEvent:
    """Return an event with the sample of its type, and ``data`` over it.

    Unless given, it was received when it happened, and arrived when it was received.
    """
    row = EVENT_TYPES[type_]
    raw = {"case_id": "c1", **row.sample, **data}
    received = received or occurred
    number = next(_numbers)
    return CaseEvent(
        pk=number,
        source="urn:example:records",
        id=f"e{number}",
        type=type_,
        case_id="c1",
        published_at=at(received),
        occurred_at=at(occurred),
        arrived_at=at(arrived or received),
        backfill=False,
        victim_ids=None,
        data=row.data.model_validate(raw),
        raw=raw,
    )


def a_talk(about: CaseEvent, when: str, outcome: str = "spoke", victim_id: str = "v1") -> CaseEvent:
    """Return the record that a person tried to speak, or spoke, with a victim about an event."""
    return an_event("contact.recorded", when, about=[about.id], outcome=outcome, victim_id=victim_id)


def a_situation(event: CaseEvent | None, **changes: Any) -> Situation:
    """Return the situation of one notice about ``event``, with nothing special about it."""
    history = () if event is None else (event,)
    names = (OFFICER.name, SUPERVISOR.name, UNIT.name, JO.given, JO.family)
    return replace(Situation(event, a_case(), a_victim(sms()), history, names), **changes)


def a_cipher(*data_keys: str, secret_key: str = SECRET_KEY) -> Cipher:
    """Return a cipher; without keys, that of every test."""
    return Cipher(data_keys or (DATA_KEY,), secret_key)


@contextmanager
def a_store(url: str) -> Iterator[Store]:
    """Give a store with empty tables in the database behind ``url``, closed at the end."""
    store = Store(url, a_cipher())
    try:
        store.create_tables()
        yield store
    finally:
        store.close()


def a_document(
    type_: str, when: str, *, case_id: str = "c1", id_: str | None = None, **data: Any
) -> dict[str, Any]:
    """Return an event as a publisher writes it: a CloudEvents document that holds ``data`` and no more."""
    return {
        "specversion": "1.0",
        "source": "urn:example:records",
        "id": id_ or f"e{next(_numbers)}",
        "type": type_,
        "time": at(when).isoformat(),
        "data": {"case_id": case_id, **data},
    }


def stored(tx: Tx, document: dict[str, Any]) -> CaseEvent:
    """Store a document that is known to be right, as arrived when it was published; return it as loaded."""
    when = datetime.fromisoformat(document["time"])
    new = events.NewEvent(
        document["source"], document["id"], document["type"], document["data"]["case_id"],
        published_at=when, occurred_at=when, backfill=False, document=json.loads(json.dumps(document)),
    )  # fmt: skip
    assert events.add_all(tx, [new], when) == [Added.NEW], f"{document['id']} was stored before"
    return events.of_case(tx, new.case_id)[-1]


def folded(tx: Tx, event: CaseEvent) -> profiles.Changes:
    """Apply a stored event to the profiles; return whose plans must be looked at again."""
    changes = profiles.Changes()
    received = events.of_case(tx, event.case_id)
    about = profiles.Fold(tx, cases.key(tx, event.case_id), received, POLICIES, event.arrived_at, changes)
    profiles.fold(about, event)
    return changes
