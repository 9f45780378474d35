"""Every page by axe-core (WCAG 2.2 AA): wide, narrow, light, dark, English and Welsh; and by keyboard."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Enter
from tests.web.ops.world import NORTHMOOR

_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
CASE, VICTIM = NORTHMOOR.case(3), NORTHMOOR.victim(3)
PAGES = {
    "today": "/ops/",
    "work": "/ops/work?whose=all",
    "row": "/ops/work/T1",
    "case": f"/ops/case?id={CASE}",
    "plan": f"/ops/plan?case={CASE}&victim={VICTIM}",
    "failures": "/ops/failures",
    "held": "/ops/held",
    "duties": "/ops/duties?month=2026-03",
    "templates": "/ops/templates",
    "find": "/ops/find?q=nothing",
    "missing": "/ops/case?id=nothing",
}
LOOKS: dict[str, dict[str, Any]] = {
    "wide": {},
    "narrow": {"narrow": True},
    "dark": {"color_scheme": "dark"},
}


def complaints(page: Page) -> list[str]:
    """Return what axe-core says of the page that is open."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return [f"{one['id']}: {one['help']} ({node['html'][:160]})" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_page(enter: Enter, look: str, pictures: File) -> None:
    with enter("supervisor", **LOOKS[look]) as page:
        found = {}
        for name, path in PAGES.items():
            page.goto(path)
            page.screenshot(path=pictures / f"{name}-{look}.png", full_page=True)
            if said := complaints(page):
                found[name] = said
        assert found == {}


def test_axe_finds_nothing_in_welsh(enter: Enter) -> None:
    with enter("supervisor") as page:
        page.get_by_role("button", name="Cymraeg").click()
        page.get_by_role("button", name="English").wait_for()
        assert {name: said for name, path in PAGES.items() if (said := _at(page, path))} == {}


def _at(page: Page, path: str) -> list[str]:
    page.goto(path)
    return complaints(page)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_narrow_screen(enter: Enter, name: str) -> None:
    with enter("supervisor", narrow=True) as page:
        page.goto(PAGES[name])
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_alone_reaches_a_row_and_what_has_the_focus_is_seen(enter: Enter) -> None:
    with enter("supervisor") as page:
        page.goto("/ops/work?whose=all")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
        page.keyboard.press("Enter")
        row = page.get_by_role("main").get_by_role("link", name="T1", exact=True).first
        for _ in range(60):
            page.keyboard.press("Tab")
            if row.evaluate("one => one === document.activeElement"):
                break
        outline = row.evaluate("one => getComputedStyle(one).outlineStyle")
        assert outline != "none"
        page.keyboard.press("Enter")
        page.wait_for_url("**/ops/work/T1")


def test_the_sign_in_page_too(enter: Enter) -> None:
    with enter("viewer") as page:
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Password").wait_for()
        assert complaints(page) == []
