"""The setting of the logs, apart from all others: what is wrong with those is logged already."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from pydantic_settings import BaseSettings

from notifier.environment import CONFIG


def _log_format(value: str) -> str:
    if value not in ("plain", "json"):
        raise ValueError("is neither plain nor json; give one of these")
    return value


class LogSettings(BaseSettings):
    """``log_format`` is how log lines are written."""

    model_config = CONFIG

    log_format: Annotated[str, AfterValidator(_log_format)] = "plain"
