"""Says in one line which tests were left out."""

from __future__ import annotations

import pytest

from tests.left_out import WITH_BROWSER


def test_the_operations_room_in_a_real_browser() -> None:
    if not WITH_BROWSER:
        pytest.skip("the tests in a real browser: `make test-browser` (it needs a Chromium)")
