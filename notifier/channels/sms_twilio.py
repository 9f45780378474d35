"""Text messages through Twilio's Messages API.

Twilio knows no idempotency key: after a time-out nobody can tell whether a message went out, so the
outcome is ``unknown`` and is settled by a status callback, which carries our attempt, or by ``look_up``.
Source: Twilio's Messages resource, API version 2010-04-01, its error dictionary, "Webhooks security".
"""

# twilio ships no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import threading
from datetime import timedelta
from functools import cached_property
from hmac import compare_digest
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from twilio.base import values
from twilio.base.exceptions import TwilioException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from notifier.channels.base import Channel, Claimed, unclaimed
from notifier.errors import SettingsError
from notifier.providers.connection import of_broken
from notifier.providers.twilio_client import BROKEN, LightHttpClient
from notifier.providers.twilio_codes import LATER, REASONS, STATES
from notifier.records import (
    AttemptState,
    ChannelFacts,
    ChannelName,
    FailureReason,
    Form,
    Message,
    Receipt,
    ReceiptRequest,
    Reply,
    SendResult,
)
from notifier.sms_text import measure

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+")]

_LONGEST_VALIDITY = timedelta(hours=10)  # Twilio's error 90007: 1 to 36,000 seconds
_CLOCK_SLACK = timedelta(minutes=1)  # how far Twilio's clock may be behind ours
_LOOK_UP_PAGE = 1000  # Twilio's longest page
# HELP is one too, but not every word that stands for it is a cry for help.
_OPT_OUT_TYPES = frozenset({"STOP", "START"})


class TwilioSettings(BaseSettings):
    """Settings of this channel: ``NOTIFIER_TWILIO_...`` and ``NOTIFIER_PUBLIC_URL``.

    ``twilio_neutral_from``: the number that sends discreet messages, where ``twilio_from`` is a name.
    ``twilio_timeout_seconds``: how long an answer may take.
    """

    model_config = SettingsConfigDict(
        env_prefix="NOTIFIER_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    twilio_account_sid: Annotated[str, StringConstraints(pattern=r"^AC\S+$")]
    twilio_auth_token: SecretStr
    twilio_messaging_service_sid: Annotated[str, StringConstraints(pattern=r"^MG\S+$")] | None = None
    twilio_from: str | None = None
    twilio_neutral_from: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]+$")] | None = None
    twilio_base_url: WebAddress = "https://api.twilio.com"
    twilio_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    public_url: WebAddress


def read_settings() -> TwilioSettings:
    """Read the settings; raises ``SettingsError`` that names what is missing or wrong."""
    try:
        settings = TwilioSettings()
    except ValidationError as invalid:
        # Not the error's own words, which would show the token.
        faults = invalid.errors(include_input=False, include_url=False)
        raise SettingsError("; ".join(_fault(fault["loc"][0], fault["type"]) for fault in faults)) from None
    if not (settings.twilio_messaging_service_sid or settings.twilio_from):
        raise SettingsError(
            "NOTIFIER_TWILIO_MESSAGING_SERVICE_SID or NOTIFIER_TWILIO_FROM is missing: set one, the sender"
        )
    return settings


def _fault(field: str | int, kind: str) -> str:
    name = f"NOTIFIER_{field}".upper()
    if kind == "missing":
        return f"{name} is missing: text messages by Twilio need it"
    return f"{name} is not of the right form: see Twilio's console and docs/operations.md"


class SmsTwilio(Channel):
    """Text messages through Twilio."""

    facts = ChannelFacts(
        name=ChannelName.SMS,
        form=Form.SHORT,
        lock_screen=True,
        gives_receipts=True,
    )
    look_up_after = timedelta(minutes=1)  # a message may be missing from the list for a moment

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._opened: Client | None = None

    def send(self, message: Message) -> SendResult:
        """Hand ``message`` to Twilio, to be sent within its window or not at all.

        Raises ``SettingsError`` when the settings are missing or wrong.
        """
        sender = self._sender(neutral=message.neutral_sender)
        if sender is None:
            return SendResult(AttemptState.FAILED, code="no_neutral_sender", reason=FailureReason.NOT_OURS)
        window = _validity(message)
        if window is not None and window < 1:
            return SendResult(AttemptState.DEFERRED, code="window_over")
        try:
            created = self._client().messages.create(
                to=message.address,
                body=measure(message.rendered.text).sent_as,
                status_callback=self._callback_url(message),
                validity_period=values.unset if window is None else window,
                **sender,
            )
        except TwilioException as answer:
            return _refusal(answer)
        except BROKEN as broken:
            return of_broken(broken)
        return _outcome(created)

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Ask Twilio what became of a message whose sending ended ``unknown``.

        Found by recipient, time and text, and no other attempt's: what its status says. Not found in a
        list that Twilio gave in full: ``deferred``, it certainly never went out and may be sent again.
        Without the list: ``unknown``. A request may take effect after we gave up on it, so ask no earlier
        than a minute after the sending.
        """
        since = message.created_at - _CLOCK_SLACK
        text = measure(message.rendered.text).sent_as.strip()
        try:
            # Not filtered by DateSent: a message still in Twilio's queue has none, and would seem lost.
            listed = self._client().messages.stream(to=message.address, page_size=_LOOK_UP_PAGE)
            recent = [one for one in listed if one.date_created and one.date_created >= since]
        except (TwilioException, *BROKEN):
            return SendResult(AttemptState.UNKNOWN, reason=FailureReason.PROVIDER)
        alike = [one for one in recent if measure(one.body or "").sent_as.strip() == text]
        ours = [one for one in alike if not claimed(one.sid)]
        if ours:
            return _outcome(min(ours, key=lambda one: one.date_created))
        if any(not one.body for one in recent):  # the account has texts redacted: it may be ours
            return SendResult(AttemptState.UNKNOWN, reason=FailureReason.NOT_OURS)
        return SendResult(AttemptState.DEFERRED, code="not_found")

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether Twilio signed it: over the public URL with its query, and every field of the form."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        signature = headers.get("x-twilio-signature")
        if not signature:
            return False
        try:
            twilio = RequestValidator(self._settings.twilio_auth_token.get_secret_value())
        except SettingsError:
            return False
        # First for the URL as it came: `validate` computes two signatures, with and without a port.
        as_it_stands = twilio.compute_signature(request.url, request.form)
        if compare_digest(as_it_stands.encode(), signature.encode()):
            return True
        return bool(twilio.validate(request.url, request.form, signature))

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read a status callback; a status that we do not know gives none."""
        sid, status = request.form.get("MessageSid"), request.form.get("MessageStatus")
        if not sid or not status:
            raise ValueError("a status callback needs MessageSid and MessageStatus")
        state = STATES.get(status)
        if state is None:
            return []
        refs = parse_qs(urlsplit(request.url).query).get("attempt", [None])
        code = request.form.get("ErrorCode") or None
        return [Receipt(state, refs[0], sid, code, _reason(state, code))]

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read an incoming message.

        Twilio says where it took one for stop or start, by words that the account may have of its own: that
        word then stands on the first line.
        """
        form = request.form
        sid, sender, text = form.get("MessageSid"), form.get("From"), form.get("Body", "")
        if not sid or not sender:
            raise ValueError("an incoming message needs MessageSid and From")
        taken_for = form.get("OptOutType", "").strip().upper()
        if taken_for in _OPT_OUT_TYPES and text.strip().upper() != taken_for:
            text = f"{taken_for}\n{text}"
        return [Reply(self.facts.name, sender, text, sid)]

    def check(self) -> str | None:
        """Say what is wrong with the settings, or with the account when Twilio is asked for it."""
        try:
            sid = self._settings.twilio_account_sid
            status = self._client().api.accounts(sid).fetch().status
        except SettingsError as wrong:
            return str(wrong)
        except TwilioException as answer:
            if getattr(answer, "status", 0) == HTTPStatus.UNAUTHORIZED:
                return "NOTIFIER_TWILIO_ACCOUNT_SID or NOTIFIER_TWILIO_AUTH_TOKEN is wrong: copy both again"
            return "Twilio answers with an error: see its status page, and try again later"
        except BROKEN:
            return "Twilio does not answer: check the network and NOTIFIER_TWILIO_BASE_URL"
        return None if status == "active" else f"the Twilio account is {status}: see Twilio's console"

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.http_client.close()

    @cached_property
    def _settings(self) -> TwilioSettings:
        return read_settings()

    def _client(self) -> Client:
        """Return the client of all threads: it keeps nothing of a request, and its connections are a pool."""
        with self._opening:
            if self._opened is None:
                self._opened = _open(self._settings)
            return self._opened

    def _sender(self, *, neutral: bool) -> dict[str, str] | None:
        """Return who sends; ``None`` where a neutral sender is needed and there is only a telling name."""
        settings = self._settings
        if neutral and settings.twilio_neutral_from:
            return {"from_": settings.twilio_neutral_from}
        if settings.twilio_messaging_service_sid:
            return {"messaging_service_sid": settings.twilio_messaging_service_sid}
        sender = settings.twilio_from or ""
        is_name = any(character.isalpha() for character in sender)
        return None if neutral and is_name else {"from_": sender}

    def _callback_url(self, message: Message) -> str:
        query = urlencode({"attempt": message.attempt_ref})
        return f"{self._settings.public_url.rstrip('/')}/receipts/sms?{query}"


CHANNEL = SmsTwilio


def _open(settings: TwilioSettings) -> Client:
    http = LightHttpClient(settings.twilio_base_url, settings.twilio_timeout_seconds)
    token = settings.twilio_auth_token.get_secret_value()
    return Client(settings.twilio_account_sid, token, http_client=http)


def _validity(message: Message) -> int | None:
    """Return for how many whole seconds Twilio may keep trying; ``None`` where there is no window."""
    if message.good_until is None:
        return None
    return int(min(message.good_until - message.created_at, _LONGEST_VALIDITY).total_seconds())


def _outcome(listed: Any) -> SendResult:
    """Return what Twilio's record of a message says; a status that we do not know was accepted."""
    state = STATES.get(listed.status, AttemptState.ACCEPTED)
    code = None if listed.error_code is None else str(listed.error_code)
    return SendResult(state, listed.sid, code, _reason(state, code))


def _reason(state: AttemptState, code: str | None) -> FailureReason | None:
    if state is not AttemptState.FAILED:
        return None
    number = int(code) if code and code.isdecimal() else None
    return FailureReason.UNKNOWN if number is None else REASONS.get(number, FailureReason.UNKNOWN)


def _refusal(answer: TwilioException) -> SendResult:
    """Return what an error answer means: 4xx says that nothing went out, anything else leaves it open."""
    status: int = getattr(answer, "status", 0)
    code: int = getattr(answer, "code", status)
    if 400 <= status < 500:
        known = code if code in REASONS else status
        state = AttemptState.DEFERRED if known in LATER else AttemptState.FAILED
        return SendResult(state, code=str(code), reason=REASONS.get(known, FailureReason.UNKNOWN))
    return SendResult(AttemptState.UNKNOWN, code=str(code), reason=FailureReason.PROVIDER)
