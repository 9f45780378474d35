"""Settings of what comes back by mail; without a port and without a mailbox nothing is read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import BaseSettings

from notifier.environment import CONFIG, PREFIX
from notifier.mail.imap_in import Mailbox

_IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_Port = Annotated[int, Field(ge=1, le=65535)]
_Folder = Annotated[str, StringConstraints(pattern=r"^[ !#-\[\]-~]+$")]  # no quotes, and IMAP's own UTF-7


class MailInSettings(BaseSettings):
    """Settings of the mail that comes in, by SMTP on a port of our own, or by IMAP from a mailbox, or both.

    ``bounce_domain`` is the domain of our addresses, ``bounces+...`` and ``replies+...``.
    ``mail_in_most_bytes`` bounds one mail: a larger one is refused by SMTP, and read as far as that from the
    mailbox. The mailbox is ours alone: what was taken is moved to ``imap_done_folder``, what a person must
    look at to ``imap_staff_folder``.
    """

    model_config = CONFIG

    bounce_domain: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$")] | None = None
    mail_in_host: str = "127.0.0.1"
    mail_in_port: _Port | None = None
    mail_in_most_bytes: Annotated[int, Field(ge=10_000)] = 10_000_000
    imap_host: str | None = None
    imap_port: _Port | None = None
    imap_username: str | None = None
    imap_password: SecretStr | None = None
    imap_tls: Literal["starttls", "tls", "none"] = "tls"
    imap_folder: _Folder = "INBOX"
    imap_done_folder: _Folder = "Notifier-Done"
    imap_staff_folder: _Folder = "Notifier-Staff"
    imap_poll_seconds: Annotated[float, Field(gt=0)] = 30.0
    imap_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0

    @model_validator(mode="after")
    def _mail_in_is_whole(self) -> Self:
        login = (self.imap_username, self.imap_password)
        if self.imap_host is not None and None in login:
            raise ValueError(f"{PREFIX}IMAP_USERNAME and {PREFIX}IMAP_PASSWORD are missing beside IMAP_HOST")
        if self.imap_host is None and login != (None, None):
            raise ValueError(f"{PREFIX}IMAP_HOST is missing beside the mailbox's login")
        if self.hears_mail and self.bounce_domain is None:
            raise ValueError(
                f"{PREFIX}BOUNCE_DOMAIN is missing: mail that comes back needs the domain of its addresses"
            )
        folders = {self.imap_folder, self.imap_done_folder, self.imap_staff_folder}
        if len(folders) < 3:
            raise ValueError(
                f"{PREFIX}IMAP_FOLDER, IMAP_DONE_FOLDER and IMAP_STAFF_FOLDER must be three folders"
            )
        return self

    @property
    def hears_mail(self) -> bool:
        """Whether anything reads what comes back by mail."""
        return self.mail_in_port is not None or self.imap_host is not None

    def mailbox(self) -> Mailbox | None:
        """Return where to read mail from and how, where a mailbox is given."""
        if self.imap_host is None or self.imap_username is None or self.imap_password is None:
            return None
        return Mailbox(
            host=self.imap_host,
            port=self.imap_port or _IMAP_PORTS[self.imap_tls],
            username=self.imap_username,
            password=self.imap_password.get_secret_value(),
            tls=self.imap_tls,
            timeout=self.imap_timeout_seconds,
            most_bytes=self.mail_in_most_bytes,
            inbox=self.imap_folder,
            done=self.imap_done_folder,
            staff=self.imap_staff_folder,
        )
