"""When a message may go: wall-clock time, the victim's windows, the deadline (rules, section 2).

Instants are in UTC: arithmetic within one local zone would ignore its clock changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby, takewhile
from zoneinfo import ZoneInfo

from notifier.records import Contract, Window
from notifier.rules.policy import Policy
from notifier.rules.working_days import add_working_days

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LAST_SECOND = time(23, 59, 59)
# A window on one weekday may lie in the hour that does not exist in spring: then it is the week after.
_DAYS_AHEAD = 15


@lru_cache(maxsize=10_000)  # the same few times of the same days, some ninety times for each notice
def at_local(day: date, clock: time, timezone: ZoneInfo) -> datetime:
    """Return the instant (in UTC) of a wall-clock time on a local day in ``timezone``.

    A time that does not exist (spring) becomes the first one after it that does; one that occurs
    twice (autumn) is the first of the two (rules, section 2).
    """
    wall = datetime.combine(day, clock)
    while not _exists(wall, timezone):
        wall = wall.replace(second=0, microsecond=0) + _MINUTE
    return wall.replace(tzinfo=timezone).astimezone(UTC)


def end_of_day(day: date, timezone: ZoneInfo) -> datetime:
    """Return the last second of a local day (in UTC): until then a duty due on that day is met."""
    return at_local(day, _LAST_SECOND, timezone)


def _exists(wall: datetime, timezone: ZoneInfo) -> bool:
    there_and_back = wall.replace(tzinfo=timezone).astimezone(UTC).astimezone(timezone)
    return there_and_back.replace(tzinfo=None) == wall


def local_day(moment: datetime, timezone: ZoneInfo) -> date:
    """Return the local day of an instant; refuses a naive one with ``ValueError``."""
    if moment.utcoffset() is None:
        raise ValueError("a naive time was given; every time carries an offset")
    return moment.astimezone(timezone).date()


def days_later(moment: datetime, days: int, timezone: ZoneInfo) -> datetime:
    """Return the same local time ``days`` calendar days after ``moment``."""
    local = moment.astimezone(timezone)
    return at_local(local.date() + days * _DAY, local.time(), timezone)


def working_days_later(moment: datetime, days: int, policy: Policy) -> datetime:
    """Return the same local time on the ``days``-th working day after ``moment`` (a wait, section 1)."""
    local = moment.astimezone(policy.timezone)
    return at_local(add_working_days(policy.calendar, local.date(), days), local.time(), policy.timezone)


def first_in_windows(earliest: datetime, windows: tuple[Window, ...], timezone: ZoneInfo) -> datetime:
    """Return the first instant at or after ``earliest`` that lies in one of ``windows``."""
    for start, end in _spans(earliest, windows, timezone):
        if earliest < end:
            return max(start, earliest)
    raise ValueError("no window within two weeks; a window has at least one day")


def window_end(moment: datetime, windows: tuple[Window, ...], timezone: ZoneInfo) -> datetime | None:
    """Return when the window that holds ``moment`` closes (exclusive), or ``None`` outside all of them."""
    begun = takewhile(lambda span: span[0] <= moment, _spans(moment, windows, timezone))
    return max((end for _, end in begun if moment < end), default=None)


def _spans(
    around: datetime, windows: tuple[Window, ...], timezone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the windows as spans of instants, earliest start first, from ``around``'s local day on."""
    first = local_day(around, timezone)
    for offset in range(_DAYS_AHEAD):
        day = first + offset * _DAY
        on_that_day = [window for window in windows if day.weekday() in window.days]
        yield from sorted(span for window in on_that_day for span in _spans_on(day, window, timezone))


def _spans_on(day: date, window: Window, timezone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    midnight, next_midnight = at_local(day, time(), timezone), at_local(day + _DAY, time(), timezone)
    starts = at_local(day, window.start, timezone)
    ends = next_midnight if window.until is None else at_local(day, window.until, timezone)
    if next_midnight - midnight == _DAY:
        yield starts, ends
        return
    # The clock changes: a minute may not exist, or occur twice. A repeated one is only inside where the
    # clock on the wall says so and the window, which begins and ends at the first of the two, is open.
    minutes = [starts + number * _MINUTE for number in range((ends - starts) // _MINUTE)]
    for inside, span in groupby(minutes, key=lambda minute: _within(window, minute.astimezone(timezone))):
        if inside:
            together = list(span)
            yield together[0], together[-1] + _MINUTE


def _within(window: Window, local: datetime) -> bool:
    return window.start <= local.time() and (window.until is None or local.time() < window.until)


@dataclass(frozen=True, slots=True)
class Timing:
    """When to send, and whether a strict window makes that too late."""

    at: datetime
    why: str
    too_late: bool = False


def windows_of(contract: Contract, policy: Policy) -> tuple[Window, ...]:
    """Return the agreed windows, or the policy's where none were agreed."""
    return contract.windows or policy.default_windows


def send_time(earliest: datetime, contract: Contract, deadline: datetime | None, policy: Policy) -> Timing:
    """Decide when to send a notice that is not a safety notice.

    Ordinary windows give way to the default window where they would miss ``deadline``; strict ones
    never do (rules, section 2).
    """
    windows = windows_of(contract, policy)
    wished = first_in_windows(earliest, windows, policy.timezone)
    source = "the agreed windows" if contract.windows else "the default window"
    if deadline is None or wished <= deadline:
        return Timing(wished, f"the first time in {source}")
    if contract.windows_strict:
        return Timing(wished, "strict windows hold although the deadline is earlier", too_late=True)
    if not contract.windows:
        return Timing(wished, "the first time in the default window; the deadline is earlier")
    default = first_in_windows(earliest, policy.default_windows, policy.timezone)
    if default >= wished:
        return Timing(wished, f"the first time in {source}; the deadline is earlier")
    return Timing(default, "the agreed windows would miss the deadline, so the default window is used")
