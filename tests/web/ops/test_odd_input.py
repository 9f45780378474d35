"""Whatever stands in an address or a form, a page says what is wrong with it, and none breaks down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File

import pytest

from tests.web.ops.conftest import Browser, Room
from tests.web.ops.test_access import FORMS, PAGES, WALK, a_room, forms_about, open_page, send
from tests.web.ops.walking import Call, Form, Things, things
from tests.web.ops.world import NORTHMOOR

ODD = (
    *("", " ", "-1", "0", "9" * 30, "E" + "9" * 30, "N1.failed.0", "1e9", "None", "٣"),
    *("\x00", "\ufffe", "é" * 300, "x" * 5_000, "%", "' OR 1=1 --", "<b>", "{{ 1 }}", "../..", "2026-13-45"),
    *("2026-04-01T25:61", "9999-12-31", "0001-01-01", "0001-01-01T00:00", "9999-12-31T23:59"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def full_room(request: pytest.FixtureRequest, tmp_path: File) -> Iterator[Room]:
    """A room over each kind of database, with something of every kind that staff can act on."""
    in_sqlite = f"sqlite:///{tmp_path / 'full.db'}"
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres_database_url") if postgresql else in_sqlite
    with a_room(url, tmp_path, NORTHMOOR) as running:
        yield running


@pytest.mark.parametrize("who", ["admin of one force", "admin of every force"])
def test_no_odd_value_in_an_address_breaks_a_page(full_room: Room, who: str) -> None:
    mine = things(full_room.store, NORTHMOOR)
    with full_room.enter("admin", NORTHMOOR if "one" in who else None) as browser:
        for call in _odd_calls(mine):
            assert open_page(browser, call).status_code < 500, call.url


def _odd_calls(mine: Things) -> Iterator[Call]:
    """Yield a request for each parameter of each page with each odd value, beside what else it needs."""
    for route in PAGES:
        usual = next(WALK.own(route, mine)).values
        for each in route.parameters:
            for odd in ODD:
                if odd or not each.is_path:
                    yield Call(route, {**usual, each.name: odd})


def test_no_odd_value_in_a_form_breaks_anything(full_room: Room) -> None:
    with full_room.enter("admin") as browser:
        forms = forms_about(browser, things(full_room.store, NORTHMOOR))
        assert {route.name for route in FORMS} - forms.keys() == {"POST /sign-in", "POST /sign-out"}
        for form in (some for each in forms.values() for some in each[:1]):
            _send_odd(browser, form)


def test_no_odd_value_breaks_signing_in(full_room: Room) -> None:
    fields = (("name", "admin of Northmoor Police"), ("password", "wrong"), ("next", "/ops/work"))
    with full_room.enter("viewer") as browser:
        browser.http.cookies.clear()
        _send_odd(browser, Form("/ops/sign-in", fields))


def _send_odd(browser: Browser, form: Form) -> None:
    """Send the form with each of its fields odd in turn, and without that field."""
    for name in dict.fromkeys(name for name, _ in form.fields):
        others = tuple(field for field in form.fields if field[0] != name)
        for fields in (others, *((*others, (name, odd)) for odd in ODD)):
            answer = send(browser, Form(form.action, fields))
            assert answer.status_code < 500, (form.action, fields)
