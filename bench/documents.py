"""The events that a bench publishes: cases opened long ago, and news of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

SOURCE = "urn:example:records"
ARREST = "case.suspect_arrested"
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
    return f"+4474{case:08d}"


def mailbox(case: int) -> str:
    """Return the mailbox of a case's victim."""
    return f"victim{case:08d}@example.org"


def street(case: int) -> str:
    """Return the postal address of a case's victim."""
    return f"{case:08d} Mill Lane\nExampleton\nEX1 1AA"


def event(type_: str, id_: str, at: datetime, case: int, **data: Any) -> dict[str, Any]:
    """Return one CloudEvents document."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": type_,
        "time": at.isoformat(),
        "data": {"case_id": f"c{case:08d}", **data},
    }


def opening(case: int, at: datetime, channel: str, address: str) -> list[dict[str, Any]]:
    """Return the events that open a case and register its victim, who is reached by one channel."""
    shown = {"offence": "burglary", "force": "Example", "reference": f"EX/{case:08d}/26"}
    staff = {"officer": _OFFICER, "supervisor": _SUPERVISOR}
    registered = event(
        "victim.registered",
        f"c{case:08d}-registered",
        at,
        case,
        victim_id=f"v{case:08d}",
        name={"title": "Ms", "given": f"Given{case:08d}", "family": f"Family{case:08d}"},
        contact_points=[{"id": channel, "channel": channel, "address": address}],
        contract={"channels": [channel]},
    )
    return [event("case.opened", f"c{case:08d}-opened", at, case, **shown, **staff), registered]


def arrests(cases: range, at: datetime, name: str) -> Iterator[dict[str, Any]]:
    """Yield news of each case; ``name`` makes the events of one round others than those before."""
    for case in cases:
        yield event(ARREST, f"c{case:08d}-{name}", at, case)
