"""A story: events of one case in a few words, run through the real rooms on the virtual clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from notifier.journal_lines import PRINTED
from notifier.journal_lines import local as local_time
from notifier.policy_file import load_policies
from notifier.records import What
from notifier.rendering import Renderer
from notifier.rules.policy import Policies
from notifier.simulation import Simulation, read_outcomes
from notifier.store import journal
from notifier.store.tables import attempts

LONDON = ZoneInfo("Europe/London")
SMS = {"id": "p1", "channel": "sms", "address": "07700 900123"}
EMAIL = {"id": "p2", "channel": "email", "address": "jo@example.org"}
LETTER = {
    "id": "p3",
    "channel": "letter",
    "address": {"lines": ["1 Mill Lane", "Exampletown", "EX1 1AA"]},
}
NUMBER = "+447700900123"
STAFF = {
    role: {"id": id_, "name": name, "email": email, "phone": phone}
    for role, id_, name, email, phone in (
        ("officer", "off1", "PC Priya Shah", "priya.shah@police.example", "01632 960001"),
        ("supervisor", "sup1", "Sgt Tom Reid", "tom.reid@police.example", "01632 960002"),
        ("unit", "unit1", "Victim Care Unit", "vcu@police.example", "01632 960003"),
    )
}


def local(text: str) -> str:
    """Write "2026-04-01 09:30" (London) with its offset."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).isoformat()


class Story:
    """Case ``c1`` with victim ``v1``, opened and registered at ``start``; add events, then :meth:`run`."""

    def __init__(self, start: str, *, victim: dict[str, Any] | None = None, **case: Any) -> None:
        self._documents: list[str] = []
        self._outcomes: list[str] = []
        self.start = start
        opened = {"offence": "burglary", "force": "Example", "reference": "EX/1234/26", **STAFF, **case}
        self.event("case.opened", start, id="e-open", **opened)
        if victim is not None:
            self.registered(start, **victim)

    def registered(
        self,
        at: str,
        *,
        victim_id: str = "v1",
        points: tuple[dict[str, Any], ...] = (SMS,),
        channels: tuple[str, ...] = (),
        contract: dict[str, Any] | None = None,
        needs: dict[str, Any] | None = None,
        **more: Any,
    ) -> Story:
        """Register a victim; ``channels`` default to those of the contact points, in their order."""
        agreed = {"channels": channels or tuple(point["channel"] for point in points), **(contract or {})}
        name = {"title": "Ms", "given": "Jo", "family": "Bloggs"}
        return self.event(
            "victim.registered",
            at,
            id=f"reg-{victim_id}",
            victim_id=victim_id,
            name=name,
            contact_points=points,
            contract=agreed,
            needs=needs or {},
            **more,
        )

    def event(
        self,
        type_: str,
        at: str,
        *,
        id: str | None = None,
        case_id: str = "c1",
        publisher: str = "urn:example:records",
        **data: Any,
    ) -> Story:
        """Add an event that is published at ``at``, local time; ``id_`` in ``data`` stands for its ``id``."""
        document = {
            "specversion": "1.0",
            "id": id or f"e{len(self._documents)}",
            "source": publisher,
            "type": type_,
            "time": local(at),
            "data": {"case_id": case_id, **{name.removesuffix("_"): value for name, value in data.items()}},
        }
        self._documents.append(json.dumps(document))
        return self

    def outcome(self, address: str, result: str, **between: str) -> Story:
        """Say what becomes of messages to ``address``."""
        times = {{"start": "from"}.get(key, key): local(at) for key, at in between.items()}
        self._outcomes.append(json.dumps({"address": address, "result": result, **times}))
        return self

    def run(self, until: str, *, whole: bool = False, policies: Policies | None = None) -> Lines:
        """Return the lines up to ``until``; the acknowledgement's are left out unless ``whole``."""
        end = datetime.fromisoformat(local(until))
        lines = simulated(self._documents, self._outcomes, end, policies or shipped_policies())
        printed = (line for line in lines if line["what"] in PRINTED)
        return Lines(line for line in printed if whole or line["event_type"] != "victim.registered")


class Watched(Simulation):
    """A simulation that also tells what `notifier simulate` does not print."""

    def unprinted(self) -> list[dict[str, Any]]:
        """Return a line for each message to staff (``staff_email``, ``staff_sms``) and about closing."""
        to_staff = attempts.c.role.in_(["officer", "supervisor", "unit"]) & attempts.c.sent_at.is_not(None)
        with self._store.begin() as tx:
            sent = tx.all(select(attempts).where(to_staff).order_by(attempts.c.pk))
            closing = [row for row in journal.after(tx, 0) if row.what == What.CLOSURE]
        lines = [(row.at, {"what": f"closure.{row.kind}", "case_id": row.case_id}) for row in closing]
        for row in sent:
            line = {"what": f"staff_{row.channel}", "person_id": row.person_id, "role": row.role}
            lines.append((row.sent_at, line))
        return [{"at": local_time(at, LONDON), "event_type": None, "why": (), **line} for at, line in lines]


@cache
def shipped_policies() -> Policies:
    """Return the shipped policy, which is read once for all stories."""
    return load_policies()


@cache
def _renderer(timezone: ZoneInfo) -> Renderer:
    return Renderer(timezone)


def simulated(
    documents: Sequence[str], outcomes: Sequence[str], until: datetime, policies: Policies
) -> list[dict[str, Any]]:
    """Run JSONL of events and of outcomes; return all lines, what is not printed after the others."""
    simulation = Watched(policies, _renderer(policies.timezone).render, read_outcomes(outcomes))
    with simulation:
        return [*simulation.run(documents, until), *simulation.unprinted()]


class Lines(list[dict[str, Any]]):
    """Lines of a run, to be asked in a caseworker's words."""

    def told(self, *keys: str, **wanted: Any) -> list[Any]:
        """Return of each line that matches ``wanted`` the values of ``keys``; times as local clock times."""
        found = [line for line in self if all(line.get(key) == value for key, value in wanted.items())]
        return [tuple(_short(key, line.get(key)) for key in keys) for line in found]

    def one(self, **wanted: Any) -> dict[str, Any]:
        """Return the only line that matches."""
        found = [line for line in self if all(line.get(key) == value for key, value in wanted.items())]
        assert len(found) == 1, f"{len(found)} lines match {wanted}: {found}"
        return found[0]


def _short(key: str, value: Any) -> Any:
    if key in ("at", "deadline") and value is not None:
        return datetime.fromisoformat(value).strftime("%a %d %b %H:%M")
    return value
