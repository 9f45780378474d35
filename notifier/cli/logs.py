"""Logging, set up in one place: plain lines on standard error, ids only."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType

_CHATTY = ("aiosmtplib", "alembic", "dramatiq", "mail.log", "twilio", "urllib3", "uvicorn")
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """One line a record: time (UTC), level, logger, the constant text, and the ids of ``extra``.

    Of an exception only its type and place are shown: its text may quote what must not be logged.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        parts = [at, record.levelname, record.name, record.getMessage()]
        parts += [f"{name}={value}" for name, value in vars(record).items() if name not in _USUAL]
        if record.exc_info:
            parts.append(self.formatException(record.exc_info))
        return " ".join(" ".join(parts).splitlines())

    def formatException(self, ei: _ErrorInfo) -> str:
        """Return the exception's type and the place where it was raised."""
        kind, _, trace = ei
        frames = traceback.extract_tb(trace)
        place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        return f"({kind.__name__ if kind else 'no exception'}{place})"


def set_up_logging() -> None:
    """Send everything from INFO on to standard error, and of chatty libraries only warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
