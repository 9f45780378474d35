"""What staff do in a day, each role as far as it may, with scripts and without, by what the pages say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path as File

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from notifier.records import ChannelName
from tests.browser.conftest import Enter
from tests.web.ops.conftest import Room
from tests.web.ops.world import NORTHMOOR

ROLES = ("viewer", "officer", "supervisor", "admin")
NEW_NUMBER, AS_STORED = "07700 900555", "+447700900555"


def may(role: str, lowest: str) -> bool:
    """Tell whether a role may what the lowest one may."""
    return ROLES.index(role) >= ROLES.index(lowest)


def clear_an_escalation(page: Page, role: str, room: Room) -> None:
    page.goto("/ops/")
    page.get_by_role("link", name="Work list").first.click()
    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_role("main").get_by_role("row").filter(has_text="Safety").get_by_role("link").filter(
        has_text="E"
    ).first.click()
    if not may(role, "officer"):
        expect(page.get_by_role("button", name="It is resolved")).to_have_count(0)
        return
    page.get_by_role("button", name="I look after it").click()
    page.get_by_label("How it was dealt with").fill("she was visited and is safe")
    page.get_by_role("button", name="It is resolved").click()
    expect(page.get_by_role("main").get_by_text("Dealt with", exact=True).first).to_be_visible()


def correct_an_address_and_send_again(page: Page, role: str, room: Room) -> None:
    page.goto("/ops/failures")
    row = page.get_by_role("row").filter(has_text=NORTHMOOR.case(1)).first
    if not may(role, "officer"):
        expect(row).to_be_visible()
        expect(page.get_by_role("main").get_by_role("button", name="again")).to_have_count(0)
        return
    row.get_by_role("link", name="Correct the address").click()
    page.get_by_label("Address of p1").fill(NEW_NUMBER)
    page.get_by_role("button", name="See what it does").click()
    page.get_by_role("button", name="Save the plan").click()
    expect(page.get_by_role("status")).to_be_visible()
    path, now = room.services.path, room.services.clock.now()
    path.deliver(path.due(now + timedelta(hours=1)), now + timedelta(hours=1), now + timedelta(hours=2))
    assert AS_STORED in {message.address for message in room.channels[ChannelName.SMS].sent}


def release_what_is_held(page: Page, role: str, room: Room) -> None:
    page.goto("/ops/held")
    page.get_by_role("table").first.get_by_role("rowheader").get_by_role("link").first.click()
    everything = page.get_by_role("button", name="Release all")
    if not may(role, "supervisor"):
        expect(everything).to_have_count(0)
        return
    everything.click()
    page.get_by_role("button", name="Yes, release them").click()
    expect(page.get_by_role("status")).to_be_visible()


def change_a_contract(page: Page, role: str, room: Room) -> None:
    page.goto(f"/ops/case?id={NORTHMOOR.case(4)}")
    page.get_by_role("main").get_by_role("link", name="Contact plan").first.click()
    only = page.get_by_role("radio", name="Key events only")
    if not may(role, "officer"):
        expect(only).to_be_disabled()
        return
    only.check()
    page.get_by_role("button", name="See what it does").click()
    page.get_by_role("button", name="Save the plan").click()
    expect(page.get_by_role("radio", name="Key events only")).to_be_checked()


def print_the_report(page: Page, role: str, room: Room) -> None:
    page.goto("/ops/")
    page.get_by_role("link", name="Duties").first.click()
    page.get_by_role("link", name="March 2026").click()
    paper = page.get_by_role("link", name="PDF")
    if not may(role, "supervisor"):
        expect(paper).to_have_count(0)
        return
    with page.expect_download() as taken:
        paper.click()
    text = "".join(one.extract_text() for one in PdfReader(File(taken.value.path())).pages)
    assert "Northmoor Police" in text
    assert "Southmoor" not in text
    # And by the browser's own printing, which leaves out what only a screen needs.
    assert "Sign out" not in "".join(one.extract_text() for one in PdfReader(BytesIO(page.pdf())).pages)


JOURNEYS: tuple[Callable[[Page, str, Room], None], ...] = (
    clear_an_escalation,
    correct_an_address_and_send_again,
    release_what_is_held,
    change_a_contract,
    print_the_report,
)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_its_day(enter: Enter, room: Room, role: str, scripts: bool) -> None:
    with enter(role, scripts=scripts) as page:
        for journey in JOURNEYS:
            journey(page, role, room)


def test_a_sergeant_clears_a_red_row_on_a_phone(enter: Enter, room: Room, pictures: File) -> None:
    with enter("supervisor", narrow=True, has_touch=True) as page:
        clear_an_escalation(page, "supervisor", room)
        page.screenshot(path=pictures / "cleared-narrow.png", full_page=True)


def test_what_is_red_stays_fresh_by_itself(enter: Enter, room: Room) -> None:
    with enter("supervisor") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.headers.get("hx-request", "")))
        page.clock.install()
        page.goto("/ops/")
        page.clock.fast_forward("00:40")
        page.wait_for_timeout(500)
        assert "true" in asked
