"""The providers of a bench: each takes messages at once, apart from what is measured, and counts them."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.documents import mailbox, number, street
from bench.machine import Ground
from bench.settings import ACCOUNT, SECRET_KEY, TOKEN


class Provider(Protocol):
    """Who takes the messages of one channel."""

    @property
    def channel(self) -> str:
        """The channel's name."""

    @property
    def state(self) -> str:
        """What an attempt ends in for us."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What the roles are told."""

    def address(self, case: int) -> str:
        """Return where a case's victim is reached."""

    def settled(self) -> tuple[int, float]:
        """Return how many messages are done with, and when the last one was (seconds since 1970)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A provider in a process of its own, that counts at ``url``."""

    channel: str
    state: str
    url: str
    settings: Mapping[str, str] = field(repr=False)

    def address(self, case: int) -> str:
        """Return the victim's mobile number or mailbox."""
        return number(case) if self.channel == "sms" else mailbox(case)

    def settled(self) -> tuple[int, float]:
        """Return how many messages were called back about, or taken without one, and when the last was."""
        stats = self._get("/stats")
        return int(stats["settled"]), float(stats["last_at"])

    def accepted(self) -> int:
        """Return how many messages it took."""
        return int(self._get("/stats")["accepted"])

    def log(self, start: int = 0) -> list[tuple[str, float]]:
        """Return number and time (seconds since 1970) of every SMS after the first ``start``."""
        return [(to, at) for to, at in self._get(f"/log?from={start}")]

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)


@dataclass(frozen=True, slots=True)
class PrintRoom:
    """A folder where letters are laid out; one is done with when its manifest is there."""

    folder: Path
    channel: str = "letter"
    state: str = "accepted"

    @property
    def settings(self) -> Mapping[str, str]:
        """What the roles are told."""
        return {"NOTIFIER_LETTER_DIR": str(self.folder)}

    def address(self, case: int) -> str:
        """Return the victim's postal address."""
        return street(case)

    def settled(self) -> tuple[int, float]:
        """Return how many letters are complete, and when the last one was."""
        written = [path.stat().st_mtime for path in self.folder.glob("*.json")]
        return len(written), max(written, default=0.0)


@contextmanager
def sms() -> Iterator[Counted]:
    """Run the SMS provider."""
    with _child("bench.stub", ["--account", ACCOUNT, "--token", TOKEN]) as (port,):
        url = f"http://127.0.0.1:{port}"
        settings = {
            "NOTIFIER_TWILIO_ACCOUNT_SID": ACCOUNT,
            "NOTIFIER_TWILIO_AUTH_TOKEN": TOKEN,
            "NOTIFIER_TWILIO_FROM": "+441632960000",
            "NOTIFIER_TWILIO_BASE_URL": url,
        }
        yield Counted("sms", "delivered", url, settings)


@contextmanager
def mail(place: Ground) -> Iterator[Counted]:
    """Run the mail server; its bounces go to our web."""
    bounce_url = f"{place.web_url}/receipts/email"
    with _child("bench.sink", ["--bounce-url", bounce_url, "--secret", SECRET_KEY]) as (port, door):
        settings = {
            "NOTIFIER_SMTP_HOST": "127.0.0.1",
            "NOTIFIER_SMTP_PORT": str(port),
            "NOTIFIER_SMTP_TLS": "none",
            "NOTIFIER_MAIL_FROM": "updates@police.example",
            "NOTIFIER_BOUNCE_DOMAIN": "bounces.police.example",
        }
        yield Counted("email", "accepted", f"http://127.0.0.1:{door}", settings)


@contextmanager
def _child(module: str, arguments: Sequence[str]) -> Iterator[list[int]]:
    """Run a module that prints its ports."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield [int(port) for port in process.stdout.readline().split()]
        finally:
            process.terminate()
