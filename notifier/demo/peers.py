"""The providers of the demo: local peers that behave as real ones do, by address."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from notifier.clock import Clock
from notifier.peers import smtp, twilio
from notifier.peers.smtp import SmtpPeer
from notifier.peers.twilio import TwilioPeer

_LATE_SECONDS = 2.0  # some 50 virtual minutes
_ACCOUNT = "AC" + "0" * 32
SMS_BEHAVIOURS: dict[str, Callable[[str], twilio.Behaviour]] = {
    "accept": lambda _: twilio.ACCEPT,
    "twice": lambda _: twilio.TWICE,
    "late": lambda _: twilio.late(_LATE_SECONDS),
    "silent": lambda _: twilio.SILENT,
    "refuse": lambda code: twilio.refuse(int(code)),
    "undelivered": lambda code: twilio.undelivered(int(code)),
    "accept_then_drop": lambda _: twilio.ACCEPT_THEN_DROP,
    "throttle": lambda _: twilio.throttle(2),
}
MAIL_BEHAVIOURS: dict[str, Callable[[str], smtp.Behaviour]] = {
    "accept": lambda _: smtp.ACCEPT,
    "defer": lambda _: smtp.defer(1),
    "refuse": smtp.refuse,
    "full": lambda _: smtp.FULL,
    "bounce": lambda code: smtp.bounce(code or "5.1.1", _LATE_SECONDS),
}


@dataclass(frozen=True, slots=True)
class Peers:
    """The running peers."""

    sms: TwilioPeer
    mail: SmtpPeer
    token: str


def read_behaviours(file: Path) -> dict[str, str]:
    """Return how the peers treat each address that ``file`` names; all others accept everything."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return {row["address"]: row["behaviour"] for row in rows}


@contextmanager
def start_peers(
    behaviours: Mapping[str, str], clock: Clock, secret: str, *, bounce_url: str
) -> Iterator[Peers]:
    """Run the peers: one speaks Twilio's Messages API, the other SMTP, its bounces signed with ``secret``."""
    token = secrets.token_hex(16)

    def sms(number: str) -> twilio.Behaviour:
        name, _, code = behaviours.get(number, "accept").partition(":")
        return SMS_BEHAVIOURS[name](code)

    def mail(address: str) -> smtp.Behaviour:
        name, _, code = behaviours.get(address, "accept").partition(":")
        return MAIL_BEHAVIOURS[name](code)

    with (
        TwilioPeer(_ACCOUNT, token, behaviour=sms, clock=clock.now) as sms_peer,
        SmtpPeer(bounce_url=bounce_url, secret=secret, behaviour=mail, clock=clock.now) as mail_peer,
    ):
        yield Peers(sms_peer, mail_peer, token)


def peer_settings(peers: Peers) -> dict[str, str]:
    """Return the settings, without their prefix, by which the channels find the peers."""
    return {
        "TWILIO_ACCOUNT_SID": _ACCOUNT,
        "TWILIO_AUTH_TOKEN": peers.token,
        "TWILIO_FROM": "+441632960999",
        "TWILIO_BASE_URL": peers.sms.url,
        "SMTP_HOST": peers.mail.host,
        "SMTP_PORT": str(peers.mail.port),
        "SMTP_TLS": "none",
        "MAIL_FROM": "updates@police.example",
        "BOUNCE_DOMAIN": "bounces.police.example",
    }
