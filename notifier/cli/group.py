"""How a command ends: the exit status, and one line on standard error for what a person can mend."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from notifier.errors import NotifierError

_FAILED = 1


class PlainGroup(TyperGroup):
    """A group of commands whose errors are one plain line: no frames, no tracebacks for what was expected."""

    def main(self, *arguments: Any, **options: Any) -> NoReturn:
        """Run the command line and end with status 0 (done), 1 (failed) or 2 (wrong usage)."""
        options["standalone_mode"] = False
        try:
            status = super().main(*arguments, **options)
        except typer.TyperException as wrong:
            _complain(f"{wrong.format_message()} {_hint(wrong)}")
            sys.exit(wrong.exit_code)
        except NotifierError as problem:
            _complain(str(problem))
            sys.exit(_FAILED)
        except OSError as problem:
            _complain(f"{problem.filename or 'the system'}: {problem.strerror or type(problem).__name__}")
            sys.exit(_FAILED)
        sys.exit(status)


def _hint(wrong: typer.TyperException) -> str:
    context: typer.Context | None = getattr(wrong, "ctx", None)
    return f"(see `{context.command_path} --help`)" if context is not None else ""


def _complain(words: str) -> None:
    sys.stdout.flush()
    print("notifier:", *words.split(), file=sys.stderr)
