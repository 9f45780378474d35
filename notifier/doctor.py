"""What is wrong with the parts around the service, and the mend. A check is one question."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit

import redis

from notifier.clock import Clock
from notifier.errors import NotifierError
from notifier.store import providers, sweeps
from notifier.store.database import Store

_OLDEST_SWEEP_SECONDS = 60
_CONNECT_SECONDS = 5

Check = Callable[[], str | None]
"""Returns one line with the mend, or ``None`` where all is well; may raise ``NotifierError`` for the same."""


class State(StrEnum):
    """What a check found."""

    OK = "ok"
    NOT_CONFIGURED = "not configured"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part; ``words`` name the mend and hold no secret."""

    part: str
    state: State
    words: str = ""


def examine(checks: Mapping[str, Check], seconds: float) -> list[Finding]:
    """Ask every check at the same time; one that has no answer after ``seconds`` is wrong."""
    findings: dict[str, Finding] = {}

    def ask(part: str, check: Check) -> None:
        findings[part] = _answer(part, check)

    # Threads that nobody waits for at the end: a server that hangs must not keep us.
    asking = {part: Thread(target=ask, args=(part, check), daemon=True) for part, check in checks.items()}
    for thread in asking.values():
        thread.start()
    until = monotonic() + seconds
    for thread in asking.values():
        thread.join(max(0.0, until - monotonic()))
    silent = f"no answer within {seconds:g} seconds: check the network and the address"
    return [findings.get(part) or Finding(part, State.WRONG, silent) for part in checks]


def _answer(part: str, check: Check) -> Finding:
    try:
        fault = check()
    except NotifierError as problem:
        fault = str(problem)
    except Exception as problem:
        # The type only: its text may quote an address with a password.
        fault = f"the check itself failed ({type(problem).__name__}): please report it"
    return Finding(part, State.OK) if fault is None else Finding(part, State.WRONG, fault)


def check_database(store: Store) -> str | None:
    """Ask the database for an answer and for the newest tables; raises ``NotifierError``."""
    store.check()
    store.require_tables()
    return None


def check_providers(store: Store) -> str | None:
    """Say which providers were out when they were last called; raises ``NotifierError``."""
    store.require_tables()
    with store.begin() as tx:
        out = [row for row in providers.listed(tx) if row.out_since is not None]
    since = ", ".join(f"{row.name} since {row.out_since.isoformat(timespec='minutes')}" for row in out)
    return f"out: {since}: see their status pages; what waits for them goes by itself" if out else None


def check_redis(client: redis.Redis) -> str | None:
    """Ask Redis whether it keeps what it is told."""
    try:
        memory, persistence = client.info("memory"), client.info("persistence")
    except redis.RedisError as problem:
        return f"does not answer ({type(problem).__name__}): start it, or correct NOTIFIER_REDIS_URL"
    if memory.get("maxmemory_policy") != "noeviction":
        return "may drop messages when memory is short: set maxmemory-policy noeviction"
    if not persistence.get("aof_enabled"):
        return "forgets events at a restart: set appendonly yes"
    return None


def check_scheduler(store: Store, clock: Clock) -> str | None:
    """Say whether somebody sweeps, and which part of it never comes to its end; raises ``NotifierError``."""
    store.require_tables()
    with store.begin() as tx:
        ages = {row.part: clock.real_seconds_since(row.at) for row in sweeps.listed(tx)}
    if not ages:
        return "nobody has ever swept: start `notifier scheduler`, or nothing is told"
    newest, oldest = min(ages.values()), max(ages, key=lambda part: ages[part])
    if newest >= _OLDEST_SWEEP_SECONDS:
        return f"the last sweep was {newest / 60:,.0f} minutes ago: start `notifier scheduler`"
    if ages[oldest] >= _OLDEST_SWEEP_SECONDS:
        waited = ages[oldest] / 60
        return f"its part {oldest} has not come to an end for {waited:,.0f} minutes: read the scheduler's log"
    return None


def check_rabbitmq(url: str) -> str | None:
    """Ask RabbitMQ whether it lets us in."""
    if find_spec("pika") is None:
        return "its driver is missing: install notifier[rabbitmq]"
    import pika

    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.stack_timeout = _CONNECT_SECONDS
    try:
        pika.BlockingConnection(parameters).close()
    except (pika.exceptions.AMQPError, OSError) as problem:
        # The type only: a driver's text may quote an address with a password.
        name = type(problem).__name__
        return f"does not let us in ({name}): start it, or correct NOTIFIER_BROKER_URL"
    return None


def check_collector(url: str) -> str | None:
    """Ask whether somebody listens where traces go, and whether they can be written at all."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
        return "the packages for traces are missing: install notifier[tracing]"
    parts = urlsplit(url)
    try:
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        socket.create_connection((parts.hostname or "", port), _CONNECT_SECONDS).close()
    except (OSError, ValueError) as problem:
        return f"nobody listens ({type(problem).__name__}): start the collector, or correct its address"
    return None


def check_identity_provider(issuer: str) -> str | None:
    """Ask the identity provider who it is."""
    import httpx

    try:
        answer = httpx.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=_CONNECT_SECONDS)
        said = answer.json()["issuer"] if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
        return f"does not answer as one ({type(problem).__name__}): correct NOTIFIER_OIDC_ISSUER"
    if said != issuer:
        return "does not call itself by the name in NOTIFIER_OIDC_ISSUER: give it as it names itself"
    return None
