"""Names, numbers, addresses and texts are nowhere but encrypted in the database and with the providers."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis

from notifier.peers import smtp, twilio
from tests.e2e.events import SOURCE, event
from tests.e2e.service import STREAM, role_logs, running

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
GIVEN, FAMILY, OFFICER = "Zephyrine", "Quillfeather", "Bartholomew"
NUMBER, DEAD_NUMBER, MAILBOX = "+447700900321", "+447700900322", "zephyrine.quillfeather@example.org"
STREET, NEWS = "Marzipan Crescent", "the turquoise umbrella"
PERSONAL = (GIVEN, FAMILY, OFFICER, "7700900321", "7700 900321", "7700900322", "zephyrine", STREET, NEWS)


def day() -> Iterator[dict[str, Any]]:
    """One case in which much goes wrong: refused numbers, bounces, a blocked point, an unreadable event."""
    officer = {"id": "off1", "name": f"PC {OFFICER}", "email": "off1@police.example"}
    yield event(
        "case.opened", "open", START, 1, offence="robbery", force="Example", reference="EX/1", officer=officer
    )
    points = [
        {"id": "p1", "channel": "sms", "address": DEAD_NUMBER},
        {"id": "p2", "channel": "sms", "address": NUMBER},
        {"id": "p3", "channel": "email", "address": MAILBOX},
        {"id": "p4", "channel": "letter", "address": {"lines": [f"1 {STREET}", "Exampletown", "EX1 1AA"]}},
    ]
    name = {"title": "Ms", "given": GIVEN, "family": FAMILY}
    contract = {"channels": ["sms", "email", "letter"]}
    victim = {"victim_id": "v1", "name": name, "contact_points": points, "contract": contract}
    yield event("victim.registered", "reg", START, 1, **victim)
    yield event("case.progress", "progress", START, 1, text=f"We found {NEWS}.")
    theirs = [{"id": "x", "channel": "sms", "address": NUMBER}]
    yield event("case.party_recorded", "party", START, 1, role="suspect", contact_points=theirs)
    yield event(
        "case.suspect_released", "bail", START, 1, outcome="bail", conditions=[f"not to enter {STREET}"]
    )
    yield event("case.no_further_action", "nfa", START, 1, reasons=f"{FAMILY} could not name {NEWS}.")
    yield event("victim.updated", "wrong", START, 1, victim_id="v1", contract={"wants": GIVEN})
    yield {**event("case.progress", "progress", START, 1, text=f"Other words about {NEWS}.")}
    yield {**event("case.progress", "naive", START, 1, text=NEWS), "time": "2026-05-12T09:00:00"}


def sms(to: str) -> twilio.Behaviour:
    return twilio.refuse(21211) if to == DEAD_NUMBER else twilio.HANG


def mail(to: str) -> smtp.Behaviour:
    return smtp.bounce("5.1.1")


def answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url).status == 200)
    except OSError:
        return False


def test_nothing_personal_leaves_the_sealed_columns(tmp_path: Path) -> None:
    database = tmp_path / "notifier.db"
    url = f"sqlite:///{database}"
    with running(tmp_path, url, start=START, speed=1_440, sms=sms, mail=mail) as service:
        service.publish(list(day()))
        service.wait("every event is taken in", lambda: service.taken_in() == 6)
        service.wait("the letter is written", lambda: any((tmp_path / "letters").glob("*.pdf")))
        with redis.Redis.from_url(service.redis.url) as client:
            service.wait("facts are out", lambda: client.xlen("notifier-facts") > 3)
        service.wait("the web answers", lambda: answers(f"{service.web}/healthz"))
        metrics = urllib.request.urlopen(f"{service.web}/metrics").read().decode()
    places = {
        "metrics": metrics,
        "logs": role_logs(tmp_path),
        "queue messages and facts": "\n".join(redis_commands(tmp_path / "redis")),
        "database": "".join(path.read_bytes().decode("latin-1") for path in tmp_path.glob("notifier.db*")),
    }
    for place, text in places.items():
        assert text, f"nothing was read from {place}: the test would prove nothing"
        found = [word for word in PERSONAL if word.lower() in text.lower()]
        assert found == [], f"{found} in {place}"


def redis_commands(folder: Path) -> Iterator[str]:
    """Yield every command that Redis was ever told, without the events themselves and those rejected."""
    for file in sorted((folder / "appendonlydir").glob("*.aof")):
        parts = file.read_bytes().split(b"\r\n")
        command: list[str] = []
        for part in parts:
            if part.startswith(b"*"):
                if command and command[1:2] not in ([STREAM], [f"{STREAM}.rejected"]):
                    yield " ".join(command)
                command = []
            elif not part.startswith(b"$"):
                command.append(part.decode("latin-1"))
        yield " ".join(command)


def test_the_search_would_find_what_it_looks_for(tmp_path: Path) -> None:
    folder = tmp_path / "appendonlydir"
    folder.mkdir()
    body = json.dumps({"source": SOURCE, "name": FAMILY}).encode()
    texts = [b"HSET", b"notifier:urgent.msgs", b"id", body]
    written = b"".join(b"$%d\r\n%s\r\n" % (len(text), text) for text in texts)
    (folder / "a.incr.aof").write_bytes(b"*4\r\n" + written)
    assert FAMILY in "".join(redis_commands(tmp_path))
