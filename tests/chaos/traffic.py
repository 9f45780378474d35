"""The events of the chaos runs: many cases, each with one victim and news of her own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from typing import Any

from tests.e2e.events import event, mailbox, number

Document = dict[str, Any]
_OFFICER = {"id": "off1", "name": "PC Priya Shah", "email": "priya.shah@police.example"}
_SUPERVISOR = {"id": "sup1", "name": "Sgt Tom Reid", "email": "tom.reid@police.example"}
_SHOWN = {"offence": "burglary", "force": "Example", "officer": _OFFICER, "supervisor": _SUPERVISOR}
_ROUTINE = ("case.suspect_arrested", "case.suspect_interviewed", "case.progress")
BY_PHONE_OR_MAIL = (("sms", "email"), ("email", "sms"))
_ALWAYS = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "until": "24:00"}
BY_LETTER = (("letter",),)


def opened(cases: Sequence[int], at: datetime, orders: Sequence[Sequence[str]]) -> Iterator[Document]:
    """Yield cases that open with one victim each; ``orders``: her channels in order, for case after case."""
    for case in cases:
        yield event("case.opened", f"c{case}-open", at, case, reference=f"EX/{case}/26", **_SHOWN)
        channels = orders[case % len(orders)]
        name = {"title": "Ms", "given": f"Given{case}", "family": f"Family{case}"}
        yield event(
            "victim.registered",
            f"c{case}-reg",
            at,
            case,
            victim_id=f"v{case}",
            name=name,
            contact_points=[_point(channel, case) for channel in channels],
            contract={"channels": list(channels), "windows": [_ALWAYS]},
        )


def _point(channel: str, case: int) -> dict[str, Any]:
    home = {"lines": [f"{case + 1} Example Street", "Exampletown", "SW1A 1AA"]}
    addresses = {"sms": number(case), "email": mailbox(case), "letter": home}
    return {"id": channel, "channel": channel, "address": addresses[channel]}


def news(cases: Sequence[int], at: datetime, round_: int, random: Random) -> Iterator[Document]:
    """Yield one piece of routine news for each case."""
    for case in cases:
        kind = random.choice(_ROUTINE)
        more = {"text": f"Step {round_} of case {case} is done."} if kind == "case.progress" else {}
        yield event(kind, f"c{case}-news-{round_}", at, case, **more)
