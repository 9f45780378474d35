"""What is wrong with the parts around the service, and the mend. A check is one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread
from time import monotonic

import redis

from notifier.errors import NotifierError
from notifier.store import providers
from notifier.store.database import Store

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
