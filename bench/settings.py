"""What everybody in a bench agrees on."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

ACCOUNT, TOKEN = "AC" + "0" * 32, "token-of-the-bench"
SECRET_KEY = "only-for-the-bench-" + "x" * 32
DATA_KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
STREAM = "case-events"
START = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)  # a Wednesday morning: everything may be sent at once
