"""Providers that fail: refusals for a time, no answers, answers cut off, and callbacks of every kind."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import urllib3
from sqlalchemy import select

from notifier.peers import smtp, twilio
from notifier.store.tables import attempts
from tests.chaos.scene import Fault, Scene, Setting

_SHORT_TIMEOUTS = {"NOTIFIER_TWILIO_TIMEOUT_SECONDS": "2", "NOTIFIER_SMTP_TIMEOUT_SECONDS": "2"}
_FORGED_CODE = "30005"
_REFUSED = (twilio.throttle(2), twilio.error_500(1), twilio.unavailable(2), twilio.ACCEPT)
# Their callbacks come late or never: one at once would settle the outcome before anybody has to ask.
_CALLED_BACK_SECONDS = 5.0
DROPPED = replace(twilio.ACCEPT_THEN_DROP, seconds=_CALLED_BACK_SECONDS)
CUT = replace(twilio.ACCEPT_THEN_CUT, calls_back=False)
_UNANSWERED = (
    twilio.lost(2),
    replace(twilio.HANG, seconds=_CALLED_BACK_SECONDS),
    DROPPED,
    CUT,
    replace(twilio.ACCEPT_THEN_ERROR, seconds=_CALLED_BACK_SECONDS),
    twilio.ACCEPT,
)
_CALLBACKS = (twilio.TWICE, twilio.late(3), twilio.BACKWARDS, twilio.undelivered(30003), twilio.SILENT)
_MAIL = (
    smtp.defer(2),
    smtp.DROP_EARLY,
    smtp.DROP,
    smtp.HANG,
    smtp.refuse("5.1.1"),
    smtp.bounce("5.1.1"),
    smtp.delayed("4.4.1"),
    smtp.ACCEPT,
)


def of_number(kinds: tuple[twilio.Behaviour, ...], number: str) -> twilio.Behaviour:
    """Return what the peer does with a number: each kind as often. Even cases prefer SMS."""
    return kinds[int(number[-3:]) // 2 % len(kinds)]


def of_mailbox(address: str) -> smtp.Behaviour:
    """Return what the peer does with a mailbox; staff's own mail is taken."""
    case = address.removeprefix("victim").partition("@")[0]
    return _MAIL[int(case) // 2 % len(_MAIL)] if case.isdecimal() else smtp.ACCEPT


def tell_two_rounds(scene: Scene) -> None:
    """Open cases and tell news of each, once the first messages came to an end."""
    scene.open_cases()
    scene.settle()
    scene.tell_news()
    scene.tell_safety_news()


def forge_callbacks(scene: Scene) -> None:
    """Tell lies about each message in the provider's name, while true callbacks come in every order."""
    tell_two_rounds(scene)
    scene.settle()
    for message in scene.service.sms.messages:
        assert message.status_callback is not None
        refused = forged(message.status_callback, message)
        assert refused == 403, f"a forged callback was answered {refused}"
    with scene.service.store.begin() as tx:
        believed = tx.first(select(attempts.c.pk).where(attempts.c.code == _FORGED_CODE))
    assert believed is None, "a forged callback was believed"


def forged(url: str, message: twilio.PeerMessage) -> int:
    """Post a callback that says that the message failed, signed without the token; return the status."""
    form = {"MessageSid": message.sid, "MessageStatus": "failed", "ErrorCode": _FORGED_CODE, "To": message.to}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": "bm90IHRoZSB0b2tlbg==",
    }
    return urllib3.request("POST", url, body=urlencode(form), headers=headers).status


FAULTS = (
    Fault(
        "SMS provider refuses",
        "429 twice, 500 once, 503 twice, then accepts",
        tell_two_rounds,
        Setting(sms=lambda number: of_number(_REFUSED, number)),
    ),
    Fault(
        "SMS provider gives no answer",
        "time-out before and after acceptance; connection cut before and in the reply; 503 after acceptance",
        tell_two_rounds,
        Setting(
            sms=lambda number: of_number(_UNANSWERED, number), settings=_SHORT_TIMEOUTS, lease_seconds=15
        ),
    ),
    Fault(
        "callbacks",
        "duplicate, late, out of order, undelivered, never; forged ones about every message",
        forge_callbacks,
        Setting(sms=lambda number: of_number(_CALLBACKS, number)),
    ),
    Fault(
        "mail server",
        "451, cut before and after the text, no answer, refused, bounced, delayed",
        tell_two_rounds,
        Setting(mail=of_mailbox, settings=_SHORT_TIMEOUTS, lease_seconds=15),
    ),
)
