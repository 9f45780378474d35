"""How settings are read: variables named ``NOTIFIER_...``, or the same names in a ``.env`` file."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifier.errors import SettingsError

PREFIX = "NOTIFIER_"
CONFIG = SettingsConfigDict(
    env_prefix=PREFIX,
    env_file=".env",
    env_ignore_empty=True,
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
)

S = TypeVar("S", bound=BaseSettings)


def read_environment(kind: type[S]) -> S:
    """Return the settings of one ``kind``, whose ``model_config`` is :data:`CONFIG`.

    Raises ``SettingsError``: one line that names every wrong variable and the mend, and no value of any.
    A check inside ``kind`` raises ``ValueError`` with the mend; one about several settings names them.
    """
    try:
        return kind()
    except ValidationError as error:
        complaints = "; ".join(_complaint(detail) for detail in error.errors(include_input=False))
    except (OSError, UnicodeDecodeError):
        complaints = ".env cannot be read; it must be a UTF-8 text file that this user may read"
    raise SettingsError(complaints)  # outside the handlers: the first error holds the values


def _complaint(detail: ErrorDetails) -> str:
    message = "is missing" if detail["type"] == "missing" else detail["msg"].removeprefix("Value error, ")
    if not detail["loc"]:
        return message
    return f"{PREFIX}{str(detail['loc'][0]).upper()}: {message}"
