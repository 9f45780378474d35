"""The only place where the parts are put together."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifier.channels.base import Channel, find_providers
from notifier.clock import Clock
from notifier.embedded import running_redis
from notifier.environment import PREFIX
from notifier.errors import SettingsError
from notifier.in_hand import InHand
from notifier.path import Path
from notifier.policy_file import load_policies
from notifier.providers.bucket import TokenBucket
from notifier.providers.chain import Chain, Ledger
from notifier.providers.ledger import Limits, StoredLedger
from notifier.records import ChannelName
from notifier.rendering import Renderer
from notifier.room_links import RoomLinks
from notifier.rules.policy import Policies
from notifier.settings import Settings, load_keys, load_settings
from notifier.store.cipher import Cipher
from notifier.store.database import Store
from notifier.template_folders import templates_in_force

if TYPE_CHECKING:
    from notifier.telemetry import Traces

_log = logging.getLogger(__name__)
_REDIS_WAIT_SECONDS = 5
_QUESTION_SECONDS = 1
_COLLECTORS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NO_TRACING = "traces are to be written, but their packages are missing: install notifier[tracing]"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a role needs."""

    settings: Settings
    clock: Clock
    cipher: Cipher
    store: Store
    policies: Policies
    channels: dict[ChannelName, Channel]
    path: Path


@contextmanager
def services(
    settings: Settings | None = None, *, check: bool = True, traced: bool = False
) -> Iterator[Services]:
    """Give the services and close them at the end.

    The embedded database is brought to the newest tables by itself; with ``check`` another one must have
    them. With ``traced`` what is done is written into traces, where a collector is named.
    Raises :class:`SettingsError` and :class:`~notifier.errors.Unreachable`.
    """
    settings = settings or load_settings()
    policies = policies_of(settings)
    with ExitStack() as stack:
        cipher = cipher_of(settings)
        store = Store(settings.store_url, cipher)
        stack.callback(store.close)
        if settings.database_url is None:
            store.upgrade()
            store.fill_in()
        elif check:
            store.require_tables()
        clock = Clock.from_settings(settings)
        channels = channels_of(settings, ledger_of(settings, store, policies, clock))
        for channel in channels.values():
            stack.callback(channel.close)
        make_path: Callable[..., Path] = Path
        if traced and (traces := traces_of(settings)) is not None:
            stack.callback(traces.close)
            channels, make_path = _traced(channels, traces, store)
        render = Renderer(policies.timezone, *templates_in_force(settings.templates_dir)).render
        path = make_path(
            store,
            policies,
            render,
            channels,
            lease_seconds=settings.lease_seconds,
            in_hand=InHand(settings.home / "in-hand"),
            links=RoomLinks(settings.public_url),
        )
        stack.callback(path.close)
        yield Services(settings, clock, cipher, store, policies, channels, path)


def _traced(
    channels: dict[ChannelName, Channel], traces: Traces, store: Store
) -> tuple[dict[ChannelName, Channel], Callable[..., Path]]:
    from notifier.traced import TracedChannel, TracedPath

    followed: dict[ChannelName, Channel] = {
        name: TracedChannel(channel, traces, store) for name, channel in channels.items()
    }
    return followed, partial(TracedPath, traces)


def collector_of(settings: Settings) -> str | None:
    """Return where traces are to be written, where a setting of ours or a standard one says so."""
    return settings.otlp_endpoint or next(
        (url for name in _COLLECTORS if (url := os.environ.get(name))), None
    )


def traces_of(settings: Settings) -> Traces | None:
    """Return what writes traces, where they are wanted and can be written."""
    if collector_of(settings) is None:
        return None
    try:
        from notifier.telemetry import Traces
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith("opentelemetry"):
            raise
        _log.warning(NO_TRACING)
        return None
    return Traces(settings.otlp_endpoint, version("notifier"))


def policies_of(settings: Settings) -> Policies:
    """Return the policies of every force and day: the file, then the settings that override it."""
    return load_policies(
        settings.policy_file,
        timezone=settings.timezone,
        gap_minutes=settings.gap_minutes,
        breaker=settings.breaker,
    )


def ledger_of(settings: Settings, store: Store, policies: Policies, clock: Clock) -> StoredLedger:
    """Return what knows how the providers stand, and which has which message."""
    pause, links = timedelta(seconds=settings.provider_pause_seconds), RoomLinks(settings.public_url)
    return StoredLedger(store, policies, Limits(settings.provider_failures, pause), clock.now, links)


def channels_of(settings: Settings, ledger: Ledger) -> dict[ChannelName, Channel]:
    """Return every channel, with the providers behind it that the settings name.

    Raises :class:`SettingsError` where they name one that does not exist.
    """
    rates = {name: TokenBucket(per_second) for name, per_second in settings.provider_rates.items()}
    return {
        name: _chained({each: provider() for each, provider in found.items()}, name, settings, ledger, rates)
        for name, found in find_providers().items()
    }


def _chained(
    known: dict[str, Channel],
    name: ChannelName,
    settings: Settings,
    ledger: Ledger,
    rates: dict[str, TokenBucket],
) -> Channel:
    default = next(iter(known))
    if known[default].facts.for_a_person:
        return known[default]
    return Chain(known, order_of(name, known, settings), ledger, rates)


def order_of(channel: ChannelName, known: Collection[str], settings: Settings) -> tuple[str, ...]:
    """Return the providers that send for a channel, in order; ``known`` has the default one first.

    Raises :class:`SettingsError` where the settings name another one, or one twice.
    """
    named: tuple[str, ...] = getattr(settings, f"{channel}_providers", ())
    if len(set(named)) < len(named) or not set(named) <= set(known):
        raise SettingsError(
            f"{PREFIX}{channel.upper()}_PROVIDERS: name each provider once, of these: {', '.join(known)}"
        )
    return named or (next(iter(known)),)


def cipher_of(settings: Settings) -> Cipher:
    """Return what encrypts personal data with the keys in force."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = load_keys(settings)
    return Cipher([key.get_secret_value() for key in keys.data_keys], keys.secret_key.get_secret_value())


def redis_url(settings: Settings) -> str:
    """Return the Redis in use: the given one, else the embedded one of a running ``notifier run``.

    Raises :class:`SettingsError` when there is neither.
    """
    url = settings.redis_url or running_redis(settings.home / "redis")
    if url is None:
        raise SettingsError(
            "no Redis is running: start everything with `notifier run`, or give NOTIFIER_REDIS_URL"
        )
    return url


def redis_client(url: str) -> redis.Redis:
    """Return a client whose waits end."""
    return redis.Redis.from_url(url, socket_connect_timeout=_REDIS_WAIT_SECONDS, health_check_interval=30)


def asking_redis(url: str) -> redis.Redis:
    """Return a client for a question whose answer must come soon or not at all: one try, of a second."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_QUESTION_SECONDS,
        socket_timeout=_QUESTION_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
