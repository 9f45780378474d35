"""Child processes of a bench that end with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def child(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """Run ``python -m ARGUMENTS`` and yield its process id; it is asked to end after the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=dict(environment), stdout=output, stderr=output
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()
