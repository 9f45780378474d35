"""Events of many cases, each told news with words of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

SOURCE = "urn:example:records"
_OFFICER = {
    "id": "off1",
    "name": "PC Priya Shah",
    "email": "priya.shah@police.example",
    "phone": "01632 960001",
}
_SUPERVISOR = {
    "id": "sup1",
    "name": "Sgt Tom Reid",
    "email": "tom.reid@police.example",
    "phone": "01632 960002",
}


def number(case: int) -> str:
    """Return the mobile number of a case's victim, as it is sent to."""
    return f"+447700900{case:03d}"


def mailbox(case: int) -> str:
    """Return the mailbox of a case's victim."""
    return f"victim{case}@example.org"


def event(type_: str, id_: str, at: datetime, case: int, **data: Any) -> dict[str, Any]:
    """Return one CloudEvents document."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": type_,
        "time": at.isoformat(),
        "data": {"case_id": f"c{case}", **data},
    }


def cases(count: int, at: datetime, *, news: int) -> Iterator[dict[str, Any]]:
    """Yield the events of ``count`` cases: opened, registered and ``news`` updates each.

    Even cases prefer SMS, odd ones email; every victim has both.
    """
    for case in range(count):
        staff = {"officer": _OFFICER, "supervisor": _SUPERVISOR}
        shown = {"offence": "burglary", "force": "Example", "reference": f"EX/{case}/26"}
        yield event("case.opened", f"c{case}-open", at, case, **shown, **staff)
        points = [
            {"id": "sms", "channel": "sms", "address": number(case)},
            {"id": "email", "channel": "email", "address": mailbox(case)},
        ]
        channels = ["sms", "email"] if case % 2 == 0 else ["email", "sms"]
        yield event(
            "victim.registered",
            f"c{case}-reg",
            at,
            case,
            victim_id=f"v{case}",
            name={"title": "Ms", "given": f"Given{case}", "family": f"Family{case}"},
            contact_points=points,
            contract={"channels": channels},
        )
    for round_ in range(news):
        for case in range(count):
            kind = ("case.suspect_arrested", "case.suspect_interviewed", "case.progress")[round_ % 3]
            more = {"text": f"Step {round_} of case {case} is done."} if kind == "case.progress" else {}
            yield event(kind, f"c{case}-{round_}", at, case, **more)
