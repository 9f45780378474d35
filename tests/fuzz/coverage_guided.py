"""One target under atheris, which follows the code's branches: ``python -m tests.fuzz.coverage_guided NAME``.

Options behind the name go to libFuzzer. Atheris exists for Linux and Python before 3.13.
"""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped]  # ships no types

with atheris.instrument_imports(include=["notifier"]):
    from tests.fuzz.targets import TARGETS


def main(name: str, options: list[str]) -> None:
    """Fuzz one target until an option ends it, or a fault does: its input is then shown and kept."""
    reads, _ = TARGETS[name]
    atheris.Setup([name, *options], reads)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
