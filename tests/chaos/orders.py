"""What the harness orders the roles under test to do, and what they did: files in one folder.

The service itself knows nothing of this; :mod:`tests.chaos.role` carries the orders out around it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

FOLDER = "CHAOS_ORDERS"
BEFORE_COMMIT, AFTER_COMMIT = "before the commit", "after the commit"
BEFORE_CALL, AFTER_CALL = "before the call", "after the answer"


class Blow(StrEnum):
    """What happens to a process at a point."""

    KILL = "kill"  # SIGKILL, which nothing can catch
    STOP = "stop"  # SIGSTOP: it stands still until the harness lets it go on


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the path, struck once, when a process of ``role`` comes by for the ``nth`` time.

    ``step`` is the function of the path (or of a channel) that is under way, ``moment`` one of those above.
    """

    role: str
    step: str
    moment: str
    nth: int = 1
    blow: Blow = Blow.KILL

    @property
    def name(self) -> str:
        """Its name in the table, and of the file that says that it was struck."""
        return f"{self.role}, {self.step}, {self.moment}"


class Orders:
    """The folder; the harness writes it, the processes read it at each step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "struck").mkdir(parents=True, exist_ok=True)

    def arm(self, points: Iterable[Point]) -> None:
        """Arm these points, for processes that start from now on."""
        self._write("points", json.dumps([asdict(point) for point in points]))

    def not_struck(self) -> list[Point]:
        """Return the armed points that were not struck yet."""
        with suppress(FileNotFoundError):
            points = [Point(**{**one, "blow": Blow(one["blow"])}) for one in json.loads(self._read("points"))]
            return [point for point in points if self.struck_by(point) is None]
        return []

    def claim(self, point: Point) -> bool:
        """Say that this process strikes the point now; ``False`` where another one did."""
        with suppress(FileExistsError):
            descriptor = os.open(self._struck(point), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            os.write(descriptor, str(os.getpid()).encode())
            os.close(descriptor)
            return True
        return False

    def struck_by(self, point: Point) -> int | None:
        """Return the process that was struck at a point; ``None`` before."""
        with suppress(FileNotFoundError, ValueError):
            return int(self._struck(point).read_text())
        return None

    def _struck(self, point: Point) -> Path:
        return self.folder / "struck" / point.name

    @property
    def clock_seconds(self) -> float:
        """By how many seconds every clock of the service is wrong."""
        return float(self._setting("clock"))

    @clock_seconds.setter
    def clock_seconds(self, seconds: float) -> None:
        self._write("clock", str(seconds))

    @property
    def database_full(self) -> bool:
        """Whether SQLite gets no page more than it has."""
        return bool(int(self._setting("database-full")))

    @database_full.setter
    def database_full(self, full: bool) -> None:
        self._write("database-full", str(int(full)))

    @property
    def letter_bytes(self) -> int:
        """How long a file of the print room may become; 0 is without a limit."""
        return int(self._setting("letter-bytes"))

    @letter_bytes.setter
    def letter_bytes(self, most: int) -> None:
        self._write("letter-bytes", str(most))

    def _setting(self, name: str) -> str:
        with suppress(FileNotFoundError):
            return self._read(name)
        return "0"

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def _write(self, name: str, text: str) -> None:
        fresh = self.folder / f"{name}.new"
        fresh.write_text(text)
        fresh.replace(self.folder / name)
