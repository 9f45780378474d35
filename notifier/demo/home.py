"""The folder of one run: its data, and its settings in a ``.env`` that holds for every command there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from notifier.environment import PREFIX


def new_home() -> Path:
    """Make a folder under ``var`` that only this user may read."""
    above = Path("var").absolute()
    above.mkdir(mode=0o700, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}-", dir=above))


def forget_settings() -> None:
    """Take the settings of a real service out of this process's environment."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]


def write_settings(home: Path, settings: Mapping[str, str]) -> None:
    """Write ``home/.env``; the names come without their prefix."""
    lines = (f"{PREFIX}{name}='{value}'\n" for name, value in settings.items())
    file = home / ".env"
    file.touch(mode=0o600)
    file.write_text("".join(lines))
