"""Email through an SMTP server: a relay of our own, or a provider's.

The return path names the attempt, so a bounce finds it. Nothing in an address, a subject or a server's
answer is logged. Source: RFC 5321, RFC 5322, RFC 3834 (Auto-Submitted), RFC 3282 (Content-Language).
"""

from __future__ import annotations

import re
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from notifier.channels.base import Channel
from notifier.environment import PREFIX, read_environment
from notifier.errors import SettingsError
from notifier.mail.incoming import read_mail
from notifier.mail.paths import message_id, reply_path, return_path
from notifier.mail.pool import Answer, Envelope, Server, SmtpPool, Stage
from notifier.mail.settings import MailInSettings
from notifier.mail.status import code_of, reason_of, refuses_login
from notifier.mail.writing import policy_for
from notifier.paper.typesetting import Typesetter, Unprintable
from notifier.receipt_signature import is_signed, sign_receipt
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
from notifier.settings import load_keys, load_settings

__all__ = ["CHANNEL", "EmailSettings", "EmailSmtp", "sign_bounce"]

sign_bounce = sign_receipt  # for whoever pipes the bounces of BOUNCE_DOMAIN to /receipts/email

_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\],;:\\\"@]+@[A-Za-z0-9.-]+")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _mailbox(value: str) -> str:
    if not _ADDRESS.fullmatch(parseaddr(value)[1]):
        raise ValueError("is not an email address; give one such as Victim Updates <updates@example.org>")
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class EmailSettings(MailInSettings):
    """Settings of this channel, with those of what comes back.

    ``mail_neutral_from`` sends discreet messages; without it ``mail_from`` does, without its name.
    ``smtp_timeout_seconds`` holds for each step. Certificates are checked against the system's authorities.
    """

    smtp_host: str
    smtp_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_timeout_seconds: Annotated[float, Field(gt=0)] = 15.0
    smtp_connections: Annotated[int, Field(ge=1, le=100)] = 8
    mail_from: Mailbox
    mail_neutral_from: Mailbox | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError(f"{PREFIX}SMTP_USERNAME and {PREFIX}SMTP_PASSWORD go together; give both")
        return self

    @property
    def sender(self) -> Address:
        """Who the message is from."""
        name, address = parseaddr(self.mail_from)
        return Address(name, addr_spec=address)

    @property
    def neutral_sender(self) -> Address:
        """Who a discreet message is from."""
        if self.mail_neutral_from is None:
            return Address(addr_spec=self.sender.addr_spec)
        name, address = parseaddr(self.mail_neutral_from)
        return Address(name, addr_spec=address)

    @property
    def domain(self) -> str:
        """Where bounces go."""
        return self.bounce_domain or self.sender.domain

    def reply_to(self, message: Message) -> str | None:
        """Return where an answer to ``message`` goes, where somebody hears it.

        It shows in her mail program. So a discreet message has none unless it tells no more than its sender.
        """
        sender = f".{self.neutral_sender.domain}"
        tells = message.neutral_sender and not f".{self.domain}".endswith(sender)
        return reply_path(message.attempt_ref, self.domain) if self.hears_mail and not tells else None

    def server(self) -> Server:
        """Where to connect and how."""
        password = self.smtp_password
        return Server(
            host=self.smtp_host,
            port=self.smtp_port or _PORTS[self.smtp_tls],
            username=self.smtp_username,
            password=None if password is None else password.get_secret_value(),
            implicit_tls=self.smtp_tls == "tls",
            starttls=self.smtp_tls == "starttls",
            timeout=self.smtp_timeout_seconds,
        )


class EmailSmtp(Channel):
    """Email through an SMTP server."""

    # A phone shows sender, subject and first words when it is locked, never the text.
    facts = ChannelFacts(
        name=ChannelName.EMAIL,
        form=Form.MAIL,
        lock_screen=False,
        gives_receipts=False,
    )

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._pool: SmtpPool | None = None
        self._typesetter = Typesetter()

    def send(self, message: Message) -> SendResult:
        """Hand ``message`` to the SMTP server.

        A 4xx, or a connection lost before the server had the text, is ``deferred``; a 5xx ``failed``; no
        answer to the text ``unknown``. A leaflet that cannot be laid out is ``failed``, as the text speaks of
        it. Raises ``SettingsError`` when the settings are missing or wrong.
        """
        settings = self._settings
        if not _ADDRESS.fullmatch(message.address):
            return SendResult(AttemptState.FAILED, code="malformed", reason=FailureReason.BAD_ADDRESS)
        sender = return_path(message.attempt_ref, settings.domain)
        try:
            content = compose(message, settings, self._typesetter).as_bytes()
        except Unprintable:
            return SendResult(AttemptState.FAILED, code="unprintable", reason=FailureReason.UNPRINTABLE)
        answer = self._connections().send(Envelope(sender, message.address, content))
        return _result(answer, message_id(message.attempt_ref, settings.domain))

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether whoever posts the bounces knows our secret key."""
        try:
            return is_signed(request, load_keys(load_settings()).secret_key.get_secret_value())
        except SettingsError:
            return False

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read a bounce, the body as it came by mail; a delay or an automatic answer gives none.

        Raises ``ValueError`` where it names no attempt of ours or cannot be read.
        """
        brought = read_mail(request.body, self._settings.domain)
        return [brought] if isinstance(brought, Receipt) else []

    def parse_reply(self, request: ReceiptRequest) -> list[Reply]:
        """Read what a person wrote back, the body as it came by mail; anything else gives none.

        Raises ``ValueError`` where it names no attempt of ours or cannot be read.
        """
        brought = read_mail(request.body, self._settings.domain)
        return [brought] if isinstance(brought, Reply) else []

    def check(self) -> str | None:
        """Say what is wrong with the settings, or with the server when it is greeted."""
        try:
            return _complaint(self._connections().probe())
        except SettingsError as wrong:
            return str(wrong)

    def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            self._pool.close()

    @cached_property
    def _settings(self) -> EmailSettings:
        return read_environment(EmailSettings)

    def _connections(self) -> SmtpPool:
        with self._opening:
            if self._pool is None:
                self._pool = SmtpPool(self._settings.server(), self._settings.smtp_connections)
            return self._pool


CHANNEL = EmailSmtp


def compose(message: Message, settings: EmailSettings, typesetter: Typesetter) -> EmailMessage:
    """Return the mail as it goes out; its Message-ID is the same each time the attempt is repeated.

    Raises :class:`~notifier.paper.typesetting.Unprintable` for a leaflet that cannot be laid out.
    """
    rendered = message.rendered
    mail = EmailMessage(policy_for(message.address))
    mail["From"] = str(settings.neutral_sender if message.neutral_sender else settings.sender)
    local_part, _, domain = message.address.rpartition("@")
    mail["To"] = Address(username=local_part, domain=domain)
    if (reply_to := settings.reply_to(message)) is not None:
        mail["Reply-To"] = reply_to
    mail["Subject"] = _one_line(rendered.subject or "")
    mail["Date"] = message.created_at
    mail["Message-ID"] = message_id(message.attempt_ref, settings.domain)
    mail["Auto-Submitted"] = "auto-generated"  # no holiday answers
    mail.set_content(rendered.text)
    if rendered.html is not None:
        mail.make_alternative(f"=_{message.attempt_ref}")  # no text has a name made after it
        mail.add_alternative(rendered.html, subtype="html")
    for leaflet in rendered.leaflets:
        pdf = typesetter.leaflet(rendered, leaflet, message.created_at)
        mail.add_attachment(pdf.content, maintype="application", subtype="pdf", filename=leaflet.file_name)
    mail["Content-Language"] = rendered.language
    return mail


def _one_line(text: str) -> str:
    """Make every line end and control character a space: a header must not end early."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _result(answer: Answer, provider_id: str) -> SendResult:
    handed_over = answer.stage is Stage.CONTENT
    code = None if answer.code is None else code_of(answer.code, answer.text)
    match answer.code and answer.code // 100, code:
        case 2, _ if handed_over:
            return SendResult(AttemptState.ACCEPTED, provider_id)
        case 4, str():
            return SendResult(AttemptState.DEFERRED, code=code, reason=reason_of(code))
        case 5, str():
            ours = answer.stage in (Stage.SESSION, Stage.SENDER)
            reason = FailureReason.NOT_OURS if ours else reason_of(code)
            return SendResult(AttemptState.FAILED, code=code, reason=reason)
        case None, None if answer.stage is Stage.SESSION:
            return SendResult(AttemptState.FAILED, code="no_session", reason=FailureReason.NOT_OURS)
    state = AttemptState.UNKNOWN if handed_over else AttemptState.DEFERRED
    code = code or ("no_answer" if handed_over else "no_connection")
    return SendResult(state, code=code, reason=FailureReason.PROVIDER)


def _complaint(answer: Answer) -> str | None:
    """Say what the answer to a probe means; ``None`` is fine."""
    host, port, tls = (f"{PREFIX}SMTP_{name}" for name in ("HOST", "PORT", "TLS"))
    if answer.stage is Stage.NETWORK:
        return f"the mail server does not answer: check the network, {host} and {port}"
    if answer.code is None:
        return (
            f"the mail server offers no such TLS or login, or is not who it should be: check {tls} and {host}"
        )
    if answer.code < 400:
        return None
    if refuses_login(code_of(answer.code, answer.text)):
        return f"the mail server refuses the login: check {PREFIX}SMTP_USERNAME and {PREFIX}SMTP_PASSWORD"
    return f"the mail server refuses every connection with {answer.code}: see its log"
