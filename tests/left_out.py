"""What a run leaves out because it needs more than the packages of the tests."""

from __future__ import annotations

import os

WITH_BROWSER = bool(os.environ.get("NOTIFIER_TEST_BROWSER"))
"""Whether the tests in a real browser run too; `make test-browser` says so."""
