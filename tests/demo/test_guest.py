"""A browser is opened where somebody sits at a terminal with a display, and nowhere else."""

from __future__ import annotations

import sys
import webbrowser

import pytest

from notifier.demo.guest import Guest, show_in_browser

GUEST = Guest("http://127.0.0.1:8025/ops/", "demo", "a password")


@pytest.mark.parametrize(
    ("is_terminal", "platform", "environment", "opened"),
    [
        (True, "linux", {"DISPLAY": ":0"}, True),
        (True, "linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        (True, "darwin", {}, True),
        (True, "linux", {"DISPLAY": ""}, False),
        (False, "linux", {"DISPLAY": ":0"}, False),
        (False, "darwin", {}, False),
    ],
)
def test_a_browser_is_opened_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
    is_terminal: bool,
    platform: str,
    environment: dict[str, str],
    opened: bool,
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(webbrowser, "open", seen.append)
    show_in_browser(GUEST, environment)
    assert seen == ([GUEST.url] if opened else [])
