"""The demo as a stranger starts it: a real run over a small file, to the end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from notifier.demo.day import load_day
from notifier.demo.peers import MAIL_BEHAVIOURS, SMS_BEHAVIOURS, read_behaviours
from notifier.errors import NotifierError
from tests.e2e.events import event
from tests.e2e.service import others

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "examples"


def small_day(folder: Path) -> Path:
    """A case told by SMS, one by email and one by letter, and an event that is refused."""
    points: tuple[dict[str, Any], ...] = (
        {"id": "p", "channel": "sms", "address": "07700 900123"},
        {"id": "p", "channel": "email", "address": "jo@example.org"},
        {"id": "p", "channel": "letter", "address": {"lines": ["1 Mill Lane", "Exampletown", "EX1 1AA"]}},
    )
    documents = []
    for case, point in enumerate(points):
        name = {"title": "Ms", "given": "Jo", "family": "Bloggs"}
        contract = {"channels": [point["channel"]]}
        victim = {"victim_id": f"v{case}", "name": name, "contact_points": [point], "contract": contract}
        shown = {"offence": "burglary", "force": "Example", "reference": f"EX/{case}/26"}
        documents.append(event("case.opened", f"open{case}", START, case, **shown))
        documents.append(event("victim.registered", f"reg{case}", START, case, **victim))
        documents.append(event("case.suspect_arrested", f"arrest{case}", START, case))
    documents.append({**event("case.charged", "naive", START, 0), "time": "2026-05-12T10:00:00"})
    file = folder / "events.jsonl"
    file.write_text("\n".join(json.dumps(document) for document in documents))
    return file


def test_a_day_of_ones_own_is_played_to_its_end_and_named(tmp_path: Path) -> None:
    # Settings of a real service beside it must not be used: nobody answers there.
    real = {"NOTIFIER_TWILIO_BASE_URL": "http://127.0.0.1:1", "NOTIFIER_SMTP_PORT": "1"}
    (tmp_path / ".env").write_text(
        "NOTIFIER_SMTP_HOST=mail.invalid\nNOTIFIER_DATABASE_URL=postgresql://nobody@invalid/x\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "notifier", "demo", "--exit", "--events", str(small_day(tmp_path))],
        cwd=tmp_path,
        env={**others(), **real, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Events in: 9, repeats: 0, refused: 1" in done.stdout
    assert "give a time with its offset" in done.stdout
    assert re.search(r"victims reached +1 +1 +1", done.stdout)
    for provider in ("SMS provider: 1", "folder: 1"):
        assert f"{provider}, none twice; recorded: 1" in done.stdout
    assert "LOST" not in done.stdout
    assert "An SMS (" in done.stdout
    email = Path(re.search(r"An email \(.*\): (.*)", done.stdout)[1])  # type: ignore[index]  # else it fails
    assert "jo@example.org" in email.read_text()
    letter = Path(re.search(r"A letter: (.*)", done.stdout)[1])  # type: ignore[index]  # else it fails
    assert "Ms Bloggs" in PdfReader(letter).pages[0].extract_text()


def test_the_sample_day_starts_with_its_first_live_event() -> None:
    day = load_day(EXAMPLES / "day.jsonl")
    assert day.start < datetime(2026, 4, 21, 6, 0, tzinfo=UTC) < day.end
    assert day.lines[0][0] < day.start  # history, published at once
    assert (day.end - day.start).total_seconds() / day.speed < 180


def test_every_behaviour_of_the_sample_day_is_known() -> None:
    for address, behaviour in read_behaviours(EXAMPLES / "outcomes.jsonl").items():
        known = MAIL_BEHAVIOURS if "@" in address else SMS_BEHAVIOURS
        assert behaviour.partition(":")[0] in known, address


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "has no events"), ('{"id": "1"}', "line 1 has no time"), ("not JSON", "line 1 has no time")],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(content)
    with pytest.raises(NotifierError, match=message):
        load_day(file)


def test_another_file_is_needed(tmp_path: Path) -> None:
    with pytest.raises(NotifierError, match="cannot be read"):
        load_day(tmp_path / "missing.jsonl")
