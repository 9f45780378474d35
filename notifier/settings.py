"""What an operator sets: environment variables named ``NOTIFIER_...``, or the same names in ``.env``.

With none at all everything runs embedded, under one folder. Channels read their own settings, so a
variable that is unknown here is left alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from notifier.environment import CONFIG, PREFIX, read_environment
from notifier.errors import SettingsError

_SECRET_CHARACTERS = 32
_DATA_KEY_BYTES = 32
_MAKE_SECRET = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105  # how to make one
_MAKE_DATA_KEY = "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def _database_url(value: str) -> str:
    try:
        url = make_url(value)
        driver = _DRIVERS[url.drivername]
    except (ArgumentError, KeyError):
        raise ValueError(
            "is neither sqlite:///FILE nor postgresql://USER:PASSWORD@HOST/DATABASE; give one of these"
        ) from None
    return url.set(drivername=driver).render_as_string(hide_password=False)


def _redis_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("is not an address of Redis; give one such as redis://HOST:6379/0")
    return value


RABBITMQ = ("amqp://", "amqps://")
"""How the address of a RabbitMQ begins."""


def _broker_url(value: str) -> str:
    if not value.startswith(RABBITMQ):
        raise ValueError(
            "is not an address of RabbitMQ; give one such as amqp://USER:PASSWORD@HOST:5672/VHOST"
        )
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not a web address; give one such as https://notifier.example.org")
    return value.rstrip("/")


def _collector(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not the address of a collector of traces; give one such as http://HOST:4318")
    return value.rstrip("/")


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone; give a name such as Europe/London") from None
    return value


def _secret_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _SECRET_CHARACTERS:
        raise ValueError(f"is shorter than {_SECRET_CHARACTERS} characters; make one: {_MAKE_SECRET}")
    return value


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _rates(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = (part.partition("=") for part in value.split(","))
    return {name.strip(): rate for name, _, rate in pairs}


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
# Not less than one a second: what waits for its turn must not outlast its lease.
Rates = Annotated[dict[str, Annotated[float, Field(ge=1)]], NoDecode, BeforeValidator(_rates)]


def _data_keys(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for key in value:
        if not _is_data_key(key.get_secret_value()):
            raise ValueError(f"a key is not 32 bytes in URL-safe base64; make one: {_MAKE_DATA_KEY}")
    return value


def _is_data_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text)) == _DATA_KEY_BYTES
    except (binascii.Error, ValueError):
        return False


class Settings(BaseSettings):
    """Every setting of the service itself. Addresses may hold passwords: nothing here is ever logged.

    ``gap_minutes`` and ``timezone`` of ``None`` leave these to the policy. ``lease_seconds`` is how long a
    worker may have a message in hand before it counts as lost: longer than the providers' time-outs
    together. ``sms_providers`` and the like are who sends for a channel, in this order; empty is the default
    one. ``provider_rates`` are messages a second of one process; a provider is out after
    ``provider_failures`` in a row, and tried once after each ``provider_pause_seconds``. The ``clock_``
    settings let the demo run a day in minutes (see :mod:`notifier.clock`).
    """

    model_config = CONFIG

    database_url: Annotated[str, AfterValidator(_database_url)] | None = Field(default=None, repr=False)
    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = Field(default=None, repr=False)
    broker_url: Annotated[str, AfterValidator(_broker_url)] | None = Field(default=None, repr=False)
    event_stream: str = "case-events"
    fact_stream: str = "notifier-facts"
    policy_file: FilePath | None = None
    templates_dir: DirectoryPath | None = None
    breaker: bool = True
    gap_minutes: Annotated[int, Field(ge=0)] | None = None
    timezone: Annotated[str, AfterValidator(_time_zone)] | None = None
    public_url: Annotated[str, AfterValidator(_public_url)] | None = None
    otlp_endpoint: Annotated[str, AfterValidator(_collector)] | None = Field(default=None, repr=False)
    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)] | None = None
    data_keys: Annotated[
        tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), AfterValidator(_data_keys)
    ] = ()
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=1, le=65535)] = 8025
    home: Annotated[Path, AfterValidator(Path.absolute)] = Field(default=Path("var"), validate_default=True)
    lease_seconds: Annotated[int, Field(ge=1)] = 180
    sms_providers: Names = ()
    email_providers: Names = ()
    letter_providers: Names = ()
    provider_rates: Rates = Field(default_factory=dict)
    provider_failures: Annotated[int, Field(ge=1)] = 3
    provider_pause_seconds: Annotated[int, Field(ge=1)] = 60
    clock_epoch_real: AwareDatetime | None = None
    clock_epoch_virtual: AwareDatetime | None = None
    clock_speed: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.database_url is not None and self.secret_key is None:
            raise ValueError(f"{PREFIX}SECRET_KEY is missing beside a database; make one: {_MAKE_SECRET}")
        if self.database_url is not None and not self.data_keys:
            raise ValueError(f"{PREFIX}DATA_KEYS is missing beside a database; make one: {_MAKE_DATA_KEY}")
        epochs = (self.clock_epoch_real, self.clock_epoch_virtual)
        if None in epochs and (epochs != (None, None) or self.clock_speed != 1):
            raise ValueError(
                f"{PREFIX}CLOCK_EPOCH_REAL and {PREFIX}CLOCK_EPOCH_VIRTUAL go together; give both"
            )
        return self

    @property
    def store_url(self) -> str:
        """The database in use: the given one, else a SQLite file under ``home``."""
        return self.database_url or f"sqlite:///{self.home / 'notifier.db'}"


def load_settings() -> Settings:
    """Read the service's own settings; raises ``SettingsError`` as ``read_environment`` does."""
    return read_environment(Settings)


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs sessions and links, and what encrypts personal data (newest first)."""

    secret_key: SecretStr
    data_keys: tuple[SecretStr, ...]


def load_keys(settings: Settings) -> Keys:
    """Return the given keys; what was not given is made once and kept in ``home/keys.json``.

    Raises ``SettingsError`` when that file is damaged or open to others.
    """
    if settings.secret_key is not None and settings.data_keys:
        return Keys(settings.secret_key, settings.data_keys)
    kept = _kept_keys(settings.home / "keys.json")
    return Keys(settings.secret_key or kept.secret_key, settings.data_keys or kept.data_keys)


def _kept_keys(path: Path) -> Keys:
    if not path.exists():
        _keep_new_keys(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} is open to other users; close it: chmod 600 {path}")
    try:
        content = json.loads(path.read_text())
        newest, *older = content["data_keys"]
        return Keys(
            _secret_key(SecretStr(content["secret_key"])),
            _data_keys(tuple(SecretStr(key) for key in (newest, *older))),
        )
    except (OSError, ValueError, KeyError, TypeError):
        message = f"{path} is damaged; bring it back from a backup: stored personal data needs its keys"
    raise SettingsError(message)


def _keep_new_keys(path: Path) -> None:
    """Write new keys whole or not at all; where two processes start at once, the first one's stand."""
    content = {
        "secret_key": secrets.token_urlsafe(48),
        "data_keys": [base64.urlsafe_b64encode(os.urandom(_DATA_KEY_BYTES)).decode()],
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
