"""The events of the chaos runs: many cases, each with one victim and news of her own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.e2e.events import event, mailbox, number

Document = dict[str, Any]
_OFFICER = {"id": "off1", "name": "PC Priya Shah", "email": "priya.shah@police.example"}
_SUPERVISOR = {"id": "sup1", "name": "Sgt Tom Reid", "email": "tom.reid@police.example"}
_SHOWN = {"offence": "burglary", "force": "Example", "officer": _OFFICER, "supervisor": _SUPERVISOR}
_ROUTINE = ("case.suspect_arrested", "case.suspect_interviewed", "case.progress")
_ARREST = "case.suspect_arrested"
_SILENT_DAYS = 29  # a day more than what the policy allows after any later contact
BY_PHONE_OR_MAIL = (("sms", "email"), ("email", "sms"))
_ALWAYS = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "until": "24:00"}
BY_LETTER = (("letter",),)


def opened(cases: Sequence[int], at: datetime, orders: Sequence[Sequence[str]]) -> Iterator[Document]:
    """Yield cases that open with one victim each; ``orders``: her channels in order, for case after case."""
    for case in cases:
        yield from _opened(case, at, orders[case % len(orders)])


def silent_for_long(cases: Sequence[int], now: datetime) -> Iterator[Document]:
    """Yield cases that begin in this service with their history: an update that nothing happened is due."""
    at = now - timedelta(days=_SILENT_DAYS)
    for case in cases:
        yield from _opened(case, at, BY_PHONE_OR_MAIL[case % len(BY_PHONE_OR_MAIL)], backfill=True)
        arrest = f"c{case}-arrest"
        yield event(_ARREST, arrest, at, case, backfill=True)
        talk = {"method": "phone", "outcome": "spoke", "about": [arrest]}
        yield event("contact.recorded", f"c{case}-talk", at, case, victim_id=f"v{case}", by="off1", **talk)


def _opened(case: int, at: datetime, channels: Sequence[str], **more: Any) -> Iterator[Document]:
    yield event("case.opened", f"c{case}-open", at, case, reference=f"EX/{case}/26", **_SHOWN, **more)
    yield event(
        "victim.registered",
        f"c{case}-reg",
        at,
        case,
        victim_id=f"v{case}",
        name={"title": "Ms", "given": f"Given{case}", "family": f"Family{case}"},
        contact_points=[_point(channel, case) for channel in channels],
        contract={"channels": list(channels), "windows": [_ALWAYS]},
        **more,
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


def safety_news(cases: Sequence[int], at: datetime, round_: int) -> Iterator[Document]:
    """Yield one piece of news for each case that goes at once, by one channel after the other."""
    for case in cases:
        yield event("custody.escaped", f"c{case}-safety-{round_}", at, case, on=at.date().isoformat())
