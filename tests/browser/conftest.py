"""A real Chromium before the running operations room: with scripts and without, wide and narrow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as File
from typing import Any

import pytest

from tests.left_out import WITH_BROWSER

if not WITH_BROWSER:
    collect_ignore_glob = ["test_*.py"]
else:
    from playwright.sync_api import Browser, Page, sync_playwright

    from notifier.store import accounts
    from notifier.store.accounts import AccountRole
    from tests.web.ops.conftest import PASSWORD, PASSWORD_HASH, Played, Room, copy_in_sqlite
    from tests.web.ops.conftest import played_in_sqlite as played_in_sqlite  # a fixture here too
    from tests.web.ops.world import NORTHMOOR, NOW

    # Read now: each test is kept from this machine's settings.
    _CHROMIUM, _PICTURES = (os.environ.get(f"NOTIFIER_TEST_{name}") for name in ("CHROMIUM", "PICTURES"))
    WIDE, NARROW = (1280, 900), (320, 800)
    _QUIET = (
        *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", "--no-first-run"),
    )

    @pytest.fixture(scope="session")
    def chromium() -> Iterator[Browser]:
        """The system's Chromium; a run without one fails."""
        found = _CHROMIUM or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
        if found is None:
            pytest.fail("no Chromium: install the package `chromium`, or give NOTIFIER_TEST_CHROMIUM")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=list(_QUIET))
            yield browser
            browser.close()

    @pytest.fixture
    def room(played_in_sqlite: Played, tmp_path: File) -> Iterator[Room]:
        """The room over SQLite, with the cases of two forces."""
        with copy_in_sqlite(played_in_sqlite, tmp_path) as running:
            yield running

    Enter = Callable[..., Any]

    @pytest.fixture
    def pictures(tmp_path: File) -> File:
        """The folder for pictures of pages: one that is kept, where NOTIFIER_TEST_PICTURES names it."""
        folder = File(_PICTURES or tmp_path / "pictures")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @pytest.fixture
    def enter(room: Room, chromium: Browser) -> Enter:
        """Return what signs somebody in by the sign-in page and gives her window."""

        @contextmanager
        def entered(role: str, *, scripts: bool = True, narrow: bool = False, **look: Any) -> Iterator[Page]:
            name = f"{role} of Northmoor"
            _have_account(room, name, role)
            width, height = NARROW if narrow else WIDE
            context = chromium.new_context(
                base_url=room.base_url,
                viewport={"width": width, "height": height},
                java_script_enabled=scripts,
                **look,
            )
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.goto("/ops/")
            page.get_by_label("Name", exact=True).fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("main").get_by_role("button", name="Sign in").click()
            page.get_by_role("button", name="Sign out").wait_for()
            yield page
            context.close()

        return entered

    def _have_account(room: Room, name: str, role: str) -> None:
        with room.store.begin() as tx:
            if accounts.named(tx, name) is None:
                accounts.add(
                    tx, name, AccountRole(role), NOW, force=NORTHMOOR.name, staff_id=f"n-{role}",
                    password_hash=PASSWORD_HASH,
                )  # fmt: skip
