"""A role of the service that dies, stops or fails where the harness orders it to.

``python -m tests.chaos.role NAME ARGUMENTS...`` runs ``notifier ARGUMENTS...``, the real one. What is wrapped
here is what every step goes through: transactions, providers, the clock. The service has no hook for it.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Any

import notifier.cli
from notifier.channels.base import find_channels
from notifier.clock import Clock
from notifier.records import ChannelName
from notifier.store.database import Store, Tx
from tests.chaos.orders import (
    AFTER_CALL,
    AFTER_COMMIT,
    BEFORE_CALL,
    BEFORE_COMMIT,
    FOLDER,
    Blow,
    Orders,
)

_STEPS_OF = ("notifier.path", "notifier.planner", "notifier.facts")
_MOST_PAGES = 4_294_967_294  # SQLite's own limit
_SIGNALS = {Blow.KILL: signal.SIGKILL, Blow.STOP: signal.SIGSTOP}


class Role:
    """This process: it counts how often it came by each point, and strikes itself at those armed."""

    def __init__(self, name: str, orders: Orders) -> None:
        self.orders = orders
        mine = (point for point in orders.not_struck() if point.role == name)
        self._armed = {(point.step, point.moment): point for point in mine}
        self._passed: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def passes(self, step: str, moment: str) -> None:
        """Come by a point: the process may end here."""
        with self._lock:
            self._passed[step, moment] += 1
            point = self._armed.get((step, moment))
            if point and self._passed[step, moment] == point.nth and self.orders.claim(point):
                os.kill(os.getpid(), _SIGNALS[point.blow])


def wrap_transactions(role: Role) -> None:
    """Come by a point before and after each commit; give SQLite no page while its disk is full."""
    begin = Store.begin

    @contextmanager
    def begun(store: Store) -> Iterator[Tx]:
        step = _step(sys._getframe())
        with begin(store) as tx:
            _limit_pages(tx, full=role.orders.database_full)
            yield tx
            role.passes(step, BEFORE_COMMIT)
        role.passes(step, AFTER_COMMIT)

    setattr(Store, "begin", begun)  # noqa: B010  # mypy rightly minds an assignment to a method


def _step(frame: FrameType | None) -> str:
    """Return which function of the path is under way."""
    while frame is not None and frame.f_globals["__name__"] not in _STEPS_OF:
        frame = frame.f_back
    return "" if frame is None else frame.f_code.co_name


def _limit_pages(tx: Tx, *, full: bool) -> None:
    if not tx.is_postgresql:
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count={1 if full else _MOST_PAGES}")  # 1: no more


def wrap_providers(role: Role) -> None:
    """Come by a point before and after each call of a provider; give letters no room when told so."""
    for name, channel in find_channels().items():
        for step in ("send", "look_up"):
            setattr(channel, step, _around(role, name, step, getattr(channel, step)))


def _around(role: Role, name: ChannelName, step: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        role.passes(step, BEFORE_CALL)
        most = role.orders.letter_bytes if name is ChannelName.LETTER else 0
        with _file_limit(most) if most else nullcontext():
            answer = call(*arguments)
        role.passes(step, AFTER_CALL)
        return answer

    return called


@contextmanager
def _file_limit(most: int) -> Iterator[None]:
    """Let no file of this process grow beyond ``most`` bytes, as on a full disk."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def bend_clock(orders: Orders) -> None:
    """Step the clock of this process as often as the harness steps it."""
    now, ahead = Clock.now, Clock.ahead

    def stepped_now(clock: Clock) -> datetime:
        return now(clock) + timedelta(seconds=orders.clock_seconds)

    def stepped_ahead(clock: Clock, real_seconds: float) -> datetime:
        return ahead(clock, real_seconds) + timedelta(seconds=orders.clock_seconds)

    setattr(Clock, "now", stepped_now)  # noqa: B010
    setattr(Clock, "ahead", stepped_ahead)  # noqa: B010


def main() -> None:
    """Run the role."""
    name, *arguments = sys.argv[1:]
    role = Role(name, Orders(Path(os.environ[FOLDER])))
    wrap_transactions(role)
    wrap_providers(role)
    bend_clock(role.orders)
    sys.argv = ["notifier", *arguments]
    notifier.cli.main()


if __name__ == "__main__":
    main()
