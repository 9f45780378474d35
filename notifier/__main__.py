"""``python -m notifier`` is the command ``notifier``."""

from __future__ import annotations

from notifier.cli import main

main()
