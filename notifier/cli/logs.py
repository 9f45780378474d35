"""Logging, set up in one place: a record a line on standard error, plain or as JSON, ids only."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

_CHATTY = ("aiosmtplib", "alembic", "dramatiq", "mail.log", "opentelemetry", "twilio", "urllib3", "uvicorn")
_VERBOSE = ("pika",)  # of each refused connection it says in nine lines what we say in one
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LogFormat(StrEnum):
    """How records are written."""

    PLAIN = "plain"
    JSON = "json"


class PlainFormatter(logging.Formatter):
    """One line a record: time (UTC), level, logger, the constant text, and the ids of ``extra``.

    Of an exception only its type and place are shown: its text may quote what must not be logged.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        parts = [_at(record), record.levelname, record.name, record.getMessage()]
        parts += [f"{name}={value}" for name, value in _ids(record).items()]
        if record.exc_info:
            parts.append(self.formatException(record.exc_info))
        return " ".join(" ".join(parts).splitlines())

    def formatException(self, ei: _ErrorInfo) -> str:
        """Return the exception's type and the place where it was raised."""
        name, place = _error(ei)
        return f"({name}{place and ' at '}{place})"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``logger``, ``message``, and the ids of ``extra`` by name.

    Of an exception ``error`` is its type and ``place`` where it was raised, and nothing else is written.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        shown: dict[str, Any] = {
            "at": _at(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            shown["error"], shown["place"] = _error(record.exc_info)
        return json.dumps(shown | _ids(record) | shown, default=_text)  # an id takes no name of ours


_FORMATTERS = {LogFormat.PLAIN: PlainFormatter, LogFormat.JSON: JsonFormatter}


def set_up_logging() -> None:
    """Send everything from INFO on to standard error, and of chatty libraries only warnings.

    Raises :class:`~notifier.errors.SettingsError` where the setting names no format.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_FORMATTERS[_format()]())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for names, level in ((_CHATTY, logging.WARNING), (_VERBOSE, logging.CRITICAL)):
        for name in names:
            logging.getLogger(name).setLevel(level)


def _format() -> LogFormat:
    # To read settings takes a quarter of a second: a command that has none of them starts without.
    if "NOTIFIER_LOG_FORMAT" not in os.environ and not Path(".env").exists():
        return LogFormat.PLAIN
    from notifier.cli.log_settings import LogSettings
    from notifier.environment import read_environment

    return LogFormat(read_environment(LogSettings).log_format)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _ids(record: logging.LogRecord) -> dict[str, Any]:
    given = {name: value for name, value in vars(record).items() if name not in _USUAL}
    return given | _of_trace()


def _of_trace() -> dict[str, str]:
    """Return which trace this belongs to, where traces are written."""
    telemetry = sys.modules.get("notifier.telemetry")
    trace = telemetry and telemetry.current_trace()
    return {"trace": trace} if trace else {}


def _error(ei: _ErrorInfo) -> tuple[str, str]:
    kind, _, trace = ei
    frames = traceback.extract_tb(trace)
    return (
        kind.__name__ if kind else "no exception",
        f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "",
    )


def _text(value: object) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
