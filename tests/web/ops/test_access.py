"""Who may open and do what, and that the forces are kept apart: every route, with every role.

A route with a parameter that :data:`WALK` does not know fails, and so does one that stands in no table here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path as File
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from notifier.path import Path
from notifier.records import AccountRole, NoticeState
from notifier.store.database import Store
from notifier.store.ops_tables import access_log, metadata
from notifier.store.tables import cases, notices
from notifier.web.ops.signed_in import OPEN
from tests.builders import a_store
from tests.fakes import fake_channels
from tests.web.ops.conftest import Browser, Room, running_room
from tests.web.ops.walking import (
    ABSENT,
    Call,
    Form,
    Forms,
    Things,
    Walk,
    fields_of,
    routes,
    things,
    without,
    words,
)
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force, event, play

ROUTES = routes()
PAGES = [route for route in ROUTES if route.method == "GET"]
FORMS = [route for route in ROUTES if route.method == "POST"]
ROLES = [role.value for role in AccountRole]

_ANY = ("case", "victim", "reference", "staff", *"ETNASR")
WALK = Walk(
    ids={
        "ref": ("E", "T", "N"),
        "id": ("case", "A", "N", "S", "R"),
        "case": ("case",),
        "victim": ("victim",),
        "q": _ANY,
        "n": ("N",),
        "done": ("N", "S", "R"),
        "left": ("N", "S", "R"),
        "source": ("source",),
        "force": ("force",),
        "unit": ("staff",),
        "account": ("account",),
    },
    plain={
        "name": ("ops.css", "htmx.js"),
        "next": ("/ops/work",),
        "state": ("",),
        "code": ("",),
        "page": ("1", "2"),
        "kind": ("", "notices", "events", "documents", "messages", "no_contact", "call_back"),
        "from": ("0", "1"),
        "first": ("0", "50"),
        "after": ("0", "5"),
        "channel": ("sms", "email", "letter"),
        "reason": ("permanent", "unknown"),
        "hold": ("identity", "volume"),
        "type": ("case.suspect_arrested", "case.no_further_action"),
        "deed": ("release", "discard"),
        "which": ("all", "chosen"),
        "result": ("met", "late", "missed"),
        "event_type": ("victim.registered",),
        "month": ("2026-03", "2026-04"),
        "day": ("2026-03-30", "2026-03-31", "2026-04-01"),
        "until": ("2026-04-01T12:00:00+01:00",),
        "about": ("victim.registered", "case.charged", "courtesy"),
        "language": ("en", "cy"),
        "format": ("standard", "large_print"),
    },
    along={"n": {"which": "chosen"}},
)

WHO: dict[str, str] = {
    "GET /log": "admin",
    "GET /held/confirm": "supervisor",
    "GET /duties.csv": "supervisor",
    "GET /duties.pdf": "supervisor",
    "POST /held": "supervisor",
    "POST /failures": "officer",
    "POST /failures/notice": "officer",
    "POST /plan": "officer",
    "POST /work/{ref}/acknowledge": "officer",
    "POST /work/{ref}/contact": "officer",
    "POST /work/{ref}/finish": "officer",
    "POST /work/{ref}/hand-over": "officer",
    "POST /work/{ref}/note": "officer",
    "POST /sign-out": "viewer",
}
"""The lowest role for each form, and for those pages that are not for everybody who is signed in."""

MARKS = (
    *("Southmoor", "s-case", "s-victim", "s-officer", "s-supervisor", "s-unit", "s-secret", "s-broken"),
    *("SM/400", "Soone", "@s.", "urn:s:", "7700900201", "Officer of s", "Unit of s"),
)
"""What stands on pages about Southmoor only."""

TYPED = {"to": "n-officer", "at": "2026-04-01T13:00", "words": "words", "outcome": "words"}
"""What is typed into the fields of a form."""


@contextmanager
def a_room(url: str, home: File, *forces: Force) -> Iterator[Room]:
    """Run a room with the cases of some forces, at one moment: no time passes in it."""
    channels = fake_channels()
    home.mkdir(exist_ok=True)
    with a_store(url) as store, running_room(store, home, channels, speed=0) as running:
        play(running.services.path, channels, *forces)
        for force in forces:
            _more(running.services.path, force)
            _fail_one(store, force)
            with running.enter("admin", force) as browser:
                browser.get("/ops/case", id=force.case(1))
        yield running


def _more(path: Path, force: Force) -> None:
    """Have a letter sent about a sixth case, its news held as records were merged, and an event set aside."""
    address = {"lines": [f"6 {force.letter.upper()}oone Lane", "Exampletown", "EX1 1AA"]}
    victim = {
        "victim_id": force.victim(6),
        "name": {"title": "Ms", "given": "Jo", "family": f"{force.letter.upper()}oone6"},
        "contact_points": [{"id": "p1", "channel": "letter", "address": address}],
        "contract": {"channels": ["letter"]},
    }
    opened = {"offence": "burglary", "force": force.name, "reference": force.reference(6)}
    staff = {role: force.staff(role) for role in ("officer", "supervisor", "unit")}
    half = {"victim_id": force.victim(1), "contact_points": [{"id": "nowhere", "safe": False}]}
    merged = {"victim_id": force.victim(6), "other_id": force.victim(5)}
    for minutes, case, type_, data in (
        (3, 6, "case.opened", {**opened, **staff}),
        (3, 6, "victim.registered", victim),
        (2, 6, "case.suspect_arrested", {}),
        (1, 6, "victim.merged", merged),
        (1, 1, "victim.updated", half),
    ):
        now = NOW - timedelta(minutes=minutes)
        path.take_in([event(force, case, type_, now, **data)[1]], now, door="http")
        path.plan(path.unplanned_cases(), now)
        if type_ == "victim.registered":
            path.deliver(path.due(now), now, now + timedelta(minutes=5))


def _fail_one(store: Store, force: Force) -> None:
    """Have news fail that could still go by another channel."""
    of_four = select(cases.c.pk).where(cases.c.case_id == force.case(4)).scalar_subquery()
    news = (notices.c.case_pk == of_four) & (notices.c.event_type == "case.progress")
    with store.begin() as tx:
        tx.run(update(notices).where(news).values(state=NoticeState.FAILED, reason="no_contact"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room with two forces, for tests that only look."""
    home = tmp_path_factory.mktemp("both")
    with a_room(f"sqlite:///{home / 'both.db'}", home, NORTHMOOR, SOUTHMOOR) as running:
        yield running


def open_page(browser: Browser, call: Call) -> httpx.Response:
    return browser.http.get(call.url, follow_redirects=False)


def test_every_route_is_thought_of() -> None:
    assert {route.name: WALK.unknown(route) for route in ROUTES if WALK.unknown(route)} == {}
    names = {route.name for route in ROUTES}
    assert set(WHO) <= names
    forms = {route.name for route in FORMS if route.path not in OPEN}
    assert forms <= set(WHO), "say in WHO what the lowest role is"


def test_the_list_of_open_routes_is_short_and_each_has_its_reason() -> None:
    assert set(OPEN) == {"/sign-in", "/oidc/start", "/oidc/back", "/static/{name}", "/language"}
    assert set(OPEN) <= {route.path for route in ROUTES}
    assert all(len(reason) > 20 for reason in OPEN.values())


@pytest.mark.parametrize("cookie", [None, "", "0" * 43], ids=["no cookie", "an empty one", "a made-up one"])
def test_who_is_not_signed_in_gets_no_further_than_the_sign_in_page(both: Room, cookie: str | None) -> None:
    mine = things(both.store, NORTHMOOR)
    headers = {} if cookie is None else {"Cookie": f"notifier-ops={cookie}"}
    with httpx.Client(base_url=both.base_url, headers=headers, timeout=60, trust_env=False) as http:
        for route in ROUTES:
            call = next(WALK.own(route, mine))
            answer = http.request(route.method, call.url)
            led_away = answer.status_code == 303 and answer.headers["Location"].startswith("/ops/sign-in")
            assert led_away == (route.path not in OPEN), route.name
            if led_away:
                assert answer.text == "", route.name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_and_does_what_is_its_own(both: Room, role: str) -> None:
    mine = things(both.store, NORTHMOOR)
    with both.enter(role) as browser:
        browser.get("/ops/")
        for route in ROUTES:
            if route.name in ("POST /sign-out", "POST /sign-in"):
                continue
            may = AccountRole(role).rank >= AccountRole(WHO.get(route.name, "viewer")).rank
            call = next(WALK.own(route, mine))
            answer = _nothing(browser, call)
            assert (answer.status_code == 403) == (not may), f"{call.url}: {answer.status_code}"


def _nothing(browser: Browser, call: Call) -> httpx.Response:
    """Open a page, or send a form in which nothing is filled in."""
    if call.route.method == "GET":
        return open_page(browser, call)
    return browser.http.post(call.url, data={"csrf": browser.token}, follow_redirects=False)


def test_every_page_is_seen_about_something_that_is_there(both: Room) -> None:
    """Else the tests below would compare refusals with refusals."""
    mine = things(both.store, NORTHMOOR)
    with both.enter("admin") as of_one, both.enter("admin", None) as of_all:
        for route in PAGES:
            if route.path.startswith("/oidc/") or route.path == "/sign-in":
                continue  # for who is not signed in
            seen = (open_page(who, call) for who in (of_one, of_all) for call in WALK.own(route, mine))
            assert any(answer.status_code == 200 for answer in seen), route.name


def test_who_sees_every_force_sees_the_marks(both: Room) -> None:
    """Else the marks would prove nothing."""
    theirs = things(both.store, SOUTHMOOR)
    with both.enter("admin", None) as browser:
        seen = "".join(words(open_page(browser, call)) for route in PAGES for call in WALK.own(route, theirs))
    assert [mark for mark in MARKS if mark not in seen] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_anything_of_another_force(both: Room, role: str) -> None:
    mine = things(both.store, NORTHMOOR)
    with both.enter(role) as browser:
        for route in PAGES:
            for call in WALK.own(route, mine):
                answer = open_page(browser, call)
                assert marks(answer, call) == [], call.url
                assert answer.status_code < 500, call.url


def test_a_victim_of_both_forces_is_seen_in_the_cases_of_ones_own(tmp_path: File) -> None:
    """Nothing tells that another force knows her, nor what it told her."""
    with (
        a_room(f"sqlite:///{tmp_path / 'both.db'}", tmp_path, NORTHMOOR, SOUTHMOOR) as room,
        room.enter("admin") as browser,
    ):
        path, hers = room.services.path, {"victim_id": NORTHMOOR.victim(4)}
        name = {"title": "Ms", "given": "Jo", "family": "Noone4"}
        opened = {"offence": "fraud", "force": SOUTHMOOR.name, "reference": SOUTHMOOR.reference(7)}
        for type_, data in (
            ("case.opened", {**opened, "officer": SOUTHMOOR.staff("officer")}),
            ("victim.registered", {**hers, "name": name}),
            ("case.progress", {"text": "s-secret"}),
        ):
            path.take_in([event(SOUTHMOOR, 7, type_, NOW, **data)[1]], NOW, door="http")
            path.plan(path.unplanned_cases(), NOW)
        later = NOW + timedelta(hours=1)
        path.deliver(path.due(later), later, later + timedelta(minutes=5))
        mine = things(room.store, NORTHMOOR)
        for route in PAGES:
            for call in WALK.own(route, mine):
                assert marks(open_page(browser, call), call) == [], call.url
        with room.enter("admin", SOUTHMOOR) as of_theirs:
            assert NORTHMOOR.victim(4) in of_theirs.get("/ops/case", id=SOUTHMOOR.case(7)).text


def marks(answer: httpx.Response, call: Call) -> list[str]:
    """Return what of Southmoor's is in an answer, but for what it was asked for."""
    shown = without(words(answer) + answer.headers.get("Location", ""), WALK.named(call))
    return [mark for mark in MARKS if mark in shown]


@pytest.mark.parametrize("role", ["supervisor", "admin"])
def test_what_is_of_another_force_is_answered_as_what_does_not_exist(both: Room, role: str) -> None:
    _ask_for_what_others_have(both, role)


def test_so_it_is_over_postgresql(postgres_database_url: str, tmp_path: File) -> None:
    with a_room(postgres_database_url, tmp_path, NORTHMOOR, SOUTHMOOR) as room:
        _ask_for_what_others_have(room, "supervisor")


def _ask_for_what_others_have(room: Room, role: str) -> None:
    mine, theirs = things(room.store, NORTHMOOR), things(room.store, SOUTHMOOR)
    with room.enter(role) as browser:
        absent: dict[str, tuple[int, str, str]] = {}
        asked = 0
        for route in PAGES:
            for call in WALK.of_others(route, theirs, mine):
                asked += 1
                other = Call(route, call.instead)
                if other.url not in absent:
                    absent[other.url] = said(open_page(browser, other), other)
                there = open_page(browser, call)
                assert said(there, call) == absent[other.url], call.url
                assert marks(there, call) == [], call.url
        assert asked > 200


def said(answer: httpx.Response, call: Call) -> tuple[int, str, str]:
    """Return an answer without the ids that it was asked for."""
    asked = WALK.named(call)
    location = answer.headers.get("Location", "")
    return answer.status_code, without(location, asked), without(words(answer), asked)


@pytest.mark.parametrize("role", ["officer", "admin"])
def test_every_page_is_the_same_without_the_other_force(tmp_path: File, role: str) -> None:
    """So nothing of it is counted, and nobody guesses from a number or an order what else there is."""
    with ExitStack() as stack:
        rooms = [
            stack.enter_context(a_room(f"sqlite:///{tmp_path / name}.db", tmp_path / name, *forces))
            for name, forces in (("both", (NORTHMOOR, SOUTHMOOR)), ("one", (NORTHMOOR,)))
        ]
        browsers = [stack.enter_context(room.enter(role)) for room in rooms]
        mine = [things(room.store, NORTHMOOR) for room in rooms]
        for letter in "ETNA":
            assert len({len(one.of[letter]) for one in mine}) == 1, letter
        for route in PAGES:
            for calls in zip(*(WALK.own(route, own_things(one)) for one in mine), strict=True):
                answers = [open_page(browser, call) for browser, call in zip(browsers, calls, strict=True)]
                pages = [said(answer, call) for answer, call in zip(answers, calls, strict=True)]
                assert pages[0] == pages[1], calls[0].url


def own_things(mine: Things) -> Things:
    """Return them without refused documents, which belong to no force."""
    return Things({**mine.of, "R": []})


PERSONAL = ("Noone", "7700900", "7700 900", "@n.example", "n-secret", "Noone Lane")
"""What stands on pages that show a victim's name, address, or what was written to or about her."""


def test_every_look_at_a_persons_data_is_in_the_log(both: Room) -> None:
    mine, looked = things(both.store, NORTHMOOR), 0
    with both.enter("admin") as browser:
        for route in PAGES:
            for call in WALK.own(route, mine):
                before = lines_of_the_log(both.store)
                shown = without(words(open_page(browser, call)), WALK.named(call))
                if any(mark in shown for mark in PERSONAL):
                    looked += 1
                    assert lines_of_the_log(both.store) > before, call.url
    assert looked > 10


def lines_of_the_log(store: Store) -> int:
    with store.read() as tx:
        return int(tx.all(select(func.count()).select_from(access_log))[0][0])


def tables(store: Store) -> dict[str, list[Any]]:
    """Return all that is stored, but for who looked at what."""
    kept = [table for table in metadata.sorted_tables if table is not access_log]
    with store.read() as tx:
        return {table.name: sorted(map(repr, tx.all(select(table)))) for table in kept}


def forms_about(browser: Browser, theirs: Things) -> dict[str, list[Form]]:
    """Return the forms on all pages about these things, by the route that they are sent to."""
    found: dict[str, dict[Form, None]] = {}
    for route in PAGES:
        for call in WALK.own(route, theirs):
            page = open_page(browser, call)
            for form in Forms(page.text, call.url, TYPED).found:
                to = next(each for each in FORMS if each.fits(form.action))
                if form.about_nothing(theirs) != form:
                    found.setdefault(to.name, {})[form] = None
    return {name: list(forms) for name, forms in found.items()}


def send(browser: Browser, form: Form) -> httpx.Response:
    fields = {**fields_of(form), "csrf": browser.token}
    return browser.http.post(form.action, data=fields, follow_redirects=False)


def test_no_form_changes_anything_of_another_force(tmp_path: File) -> None:
    """Every form that somebody of one force has before her is sent by an account of the other."""
    with (
        a_room(f"sqlite:///{tmp_path / 'both.db'}", tmp_path, NORTHMOOR, SOUTHMOOR) as both,
        both.enter("admin", SOUTHMOOR) as of_theirs,
        both.enter("admin", None) as of_all,
        both.enter("admin") as browser,
    ):
        theirs = things(both.store, SOUTHMOOR)
        forms = forms_about(of_theirs, theirs)
        assert WHO.keys() - forms.keys() - {route.name for route in PAGES} == {"POST /sign-out"}, (
            "no page has a form for it that names what it is about"
        )
        of_no_force = [
            form
            for form in forms_about(of_all, theirs)["POST /failures"]
            if ("kind", "documents") in form.fields
        ]
        assert of_no_force
        browser.get("/ops/")
        before = tables(both.store)
        for form in (*of_no_force, *(form for each in forms.values() for form in each)):
            there, absent = send(browser, form), send(browser, form.about_nothing(theirs))
            assert there.status_code not in (200, 500), form
            assert answered(there, theirs) == answered(absent, ABSENT), form
        assert tables(both.store) == before
        of_theirs.get("/ops/")
        assert {
            name for name, each in forms.items() if not any(works(of_theirs, form) for form in each)
        } == set(), "a form that nobody can send would prove nothing"


def answered(answer: httpx.Response, asked: Things) -> tuple[int, str, str]:
    given = asked.all(list(asked.of))
    return (
        answer.status_code,
        without(answer.headers.get("Location", ""), given),
        without(words(answer), given),
    )


def works(browser: Browser, form: Form) -> bool:
    """Tell whether a form is taken, be it with a mistake in it or about what was changed before."""
    return send(browser, form).status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
