"""Without --exit the demo stays up: commands in its folder speak to it, on a clock of ordinary speed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from notifier.embedded import running_redis
from tests.e2e.events import cases
from tests.e2e.service import others

_PATIENCE = 60
NOTIFIER = (sys.executable, "-m", "notifier")


def until(lines: Iterator[str], words: str) -> str:
    """Return the first line with ``words``."""
    seen = []
    for line in lines:
        seen.append(line)
        if words in line:
            return line.strip()
    raise AssertionError(f"it ended before it said {words!r}: {seen}")


def sign_in(room: str, name: str, password: str) -> str:
    """Return the page that one comes to after signing in."""
    with httpx.Client(follow_redirects=True, timeout=_PATIENCE, trust_env=False) as http:
        asked = http.get(room)
        assert asked.url.path == "/ops/sign-in"
        back = {"name": name, "password": password, "next": asked.url.params["next"]}
        return http.post(asked.url.join("/ops/sign-in"), data=back).text


def test_it_stays_up_until_it_is_interrupted_and_says_where_to_look(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(
        "\n".join(json.dumps(one) for one in cases(1, datetime(2026, 5, 12, 9, tzinfo=UTC), news=1))
    )
    with subprocess.Popen(
        [*NOTIFIER, "demo", "--events", str(file)],
        cwd=tmp_path,
        env={**others(), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        try:
            assert demo.stdout is not None
            room = until(demo.stdout, "Operations room:").rpartition(" ")[2]
            said = re.fullmatch(r"sign in as (\S+), password (\S+)", until(demo.stdout, "sign in as"))
            assert said is not None
            today = sign_in(room, said[1], said[2])
            assert "<title>Today" in today
            assert "12 May 2026" in today, "it is the day that it ran"
            home = Path(until(demo.stdout, "cd ").removeprefix("cd "))
            trace = until(demo.stdout, "trace").split()
            asked = subprocess.run(
                [*NOTIFIER, *trace[1:]],
                cwd=home,
                env=others(),
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=True,
            )
            assert "sms to victim v0 about c0-reg, c0-0" in asked.stdout
            assert "NOTIFIER_CLOCK_SPEED='1.0'" in (home / ".env").read_text()
            demo.send_signal(signal.SIGINT)
            assert demo.wait(_PATIENCE) == 0
        finally:
            demo.kill()
    assert running_redis(home / "redis") is None
