"""`POST /v1/check` gives the verdicts of `notifier check`, and keeps nothing."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.web.check import MOST_LINES
from tests.web.conftest import Web

LINES = (
    b'{"channel": "sms", "address": "07700 900123"}',
    b'{"channel": "sms", "address": "07700 90012"}',
    b'{"channel": "letter", "address": {"lines": ["1 Mill Lane", "Leeds", "ls11aa"]}}',
    b'{"channel": "sms", "text": "Si\\u00e2n\\u2028\\u0085 \\ud83d"}',
    b'\xef\xbb\xbf{"channel": "email", "address": "jo@example.org"}',
    b"\xc2\xa0",
    b"\xff\xfe",
    b"nothing",
    b"[1]",
)


def test_the_verdicts_are_those_of_the_command(light_web: Web, tmp_path: Path) -> None:
    given = b"\n".join(LINES)
    answer = light_web.http.post("/v1/check", content=given, auth=light_web.records)
    command = [sys.executable, "-m", "notifier", "check"]
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True, cwd=tmp_path)
    assert answer.content == done.stdout
    assert answer.content.count(b"\n") == len(LINES)


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_a_request_holds_so_many_lines_and_no_more(light_web: Web, more: int, status: int) -> None:
    answer = light_web.http.post("/v1/check", content=b"1\n" * (MOST_LINES + more), auth=light_web.records)
    assert answer.status_code == status


def test_nothing_that_is_asked_stands_in_the_log(light_web: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked = ("07700900123", "jo.bloggs@mail.example", "Jocasta")
    rows = [{"channel": "sms", "address": asked[0]}, {"channel": "email", "address": asked[1]},
            {"channel": "sms", "text": asked[2]}, {"channel": asked[2]}]  # fmt: skip
    light_web.http.post("/v1/check", content="\n".join(map(json.dumps, rows)), auth=light_web.records)
    assert not any(word in caplog.text for word in asked)
