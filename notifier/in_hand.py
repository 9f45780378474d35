"""What a process has in hand, noted where the next one finds it if this one dies.

A database sees only a connection that is gone, and an outage looks the same. The kernel knows better: it
keeps a note locked for as long as the process that wrote it lives. A note is for the death of a process, not
of the machine, so it need not reach the disk.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_log = logging.getLogger(__name__)
Note = Callable[[Collection[int]], None]


class InHand:
    """Notes in ``folder``, which all processes of a machine share; without one nothing is noted.

    Safe to use from several threads.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @contextmanager
    def noting(self) -> Iterator[Note]:
        """Give what notes keys, in the place of those before; nothing is left once the block is over."""
        with ExitStack() as notes:

            def note(keys: Collection[int]) -> None:
                notes.close()
                if self._folder is not None and keys:
                    try:
                        notes.enter_context(_noted(self._folder, keys))
                    except OSError as problem:
                        self._do_without(problem)

            yield note

    def _do_without(self, problem: OSError) -> None:
        # A disk that is full or cannot be written must not stop the work; the next process tries again.
        _log.warning("what is in hand cannot be noted", extra={"error": type(problem).__name__})
        self._folder = None

    def left_behind(self) -> Iterator[list[int]]:
        """Yield what each process had noted when it died; a note is gone once the next one is asked for."""
        if self._folder is None:
            return
        for path in self._folder.glob("*"):
            with suppress(OSError, ValueError), path.open() as note:
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Without a name another process has just read it; without words it was only begun.
                if os.fstat(note.fileno()).st_nlink and (written := note.read()):
                    yield json.loads(written)
                    path.unlink()


@contextmanager
def _noted(folder: Path, keys: Collection[int]) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / uuid4().hex
    with path.open("x") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX)
            json.dump(sorted(keys), note)
            note.flush()
            yield
        finally:
            with suppress(OSError):
                path.unlink()
