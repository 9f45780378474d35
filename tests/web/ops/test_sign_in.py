"""Signing in and out, and that a form is taken from our own pages only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from notifier.store import accounts
from notifier.store.ops_tables import access_log, sign_ins
from notifier.store.tables import tasks
from tests.web.ops.conftest import PASSWORD, Browser, Room
from tests.web.ops.world import NOW


def actions(room: Room) -> list[tuple[str, str]]:
    with room.store.begin() as tx:
        return [(row.account, row.action) for row in tx.all(select(access_log).order_by(access_log.c.pk))]


def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(light_room: Room) -> None:
    with light_room.enter("viewer", name="Vi") as known:
        browser = Browser(known.http)
        known.http.cookies.clear()
        answer = browser.get("/ops/?day=1")
        assert (answer.url.path, answer.url.params["next"]) == ("/ops/sign-in", "/ops/?day=1")
        answer = known.http.post(
            "/ops/sign-in", data={"name": "Vi", "password": PASSWORD, "next": "/ops/?day=1"}
        )
        assert (answer.status_code, answer.url.path, answer.url.query) == (200, "/ops/", b"day=1")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/ops//evil.example", "/ops\\evil", "/v1/facts"]
)
def test_nobody_is_led_elsewhere(light_room: Room, target: str) -> None:
    with light_room.enter("viewer") as browser:
        answer = browser.get("/ops/sign-in", next=target)
        assert answer.url.path == "/ops/"


def test_a_wrong_password_is_refused_and_locks_in_the_end(light_room: Room) -> None:
    with light_room.enter("viewer", name="Vi") as browser:
        browser.post("/ops/sign-out")
        for _ in range(5):
            assert browser.sign_in("Vi", "wrong").status_code == 403
        assert browser.sign_in("Vi").status_code == 403, "it is locked"
        with light_room.store.begin() as tx:
            row = accounts.named(tx, "Vi")
            assert row is not None
            assert row.locked_until > NOW
            accounts.change(tx, row.pk, locked_until=NOW)
        assert browser.sign_in("Vi").status_code == 200
    assert actions(light_room)[-2:] == [("Vi", "sign-in refused: locked"), ("Vi", "signed in")]


def test_a_name_that_does_not_exist_is_not_logged_as_it_was_written(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        assert browser.sign_in("Jocasta Bloggs", "x").status_code == 403
    assert actions(light_room)[-1] == ("unknown", "sign-in refused")


def test_who_signs_out_is_out(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        cookies = dict(browser.http.cookies)
        assert browser.post("/ops/sign-out").url.path == "/ops/sign-in"
        browser.http.cookies.update(cookies)
        assert browser.get("/ops/").url.path == "/ops/sign-in", "the token is of no use any more"


def test_an_account_that_was_ended_is_out_at_once(light_room: Room) -> None:
    with light_room.enter("viewer", name="Vi") as browser:
        with light_room.store.begin() as tx:
            row = accounts.named(tx, "Vi")
            assert row is not None
            accounts.end(tx, row.pk, NOW)
        assert browser.get("/ops/").url.path == "/ops/sign-in"
        assert browser.sign_in("Vi").status_code == 403


@pytest.mark.parametrize("column", ["seen_at", "made_at"])
def test_after_a_while_one_signs_in_again(light_room: Room, column: str) -> None:
    with light_room.enter("viewer") as browser:
        with light_room.store.begin() as tx:
            tx.run(sign_ins.update().values(**{column: NOW - timedelta(hours=13)}))
        assert browser.get("/ops/").url.path == "/ops/sign-in"


def test_a_form_without_its_token_changes_nothing(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        for token in ("", "0" * 64):
            assert browser.http.post("/ops/sign-out", data={"csrf": token}).status_code == 403
        assert browser.get("/ops/").url.path == "/ops/"


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_form_of_another_site_is_refused(light_room: Room, headers: dict[str, str]) -> None:
    with light_room.enter("viewer") as browser:
        data = {"name": "viewer", "password": PASSWORD}
        assert browser.http.post("/ops/sign-in", data=data, headers=headers).status_code == 403


def test_pages_carry_what_keeps_browsers_safe(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        answer = browser.get("/ops/")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        (cookie,) = [c for c in browser.http.cookies.jar if c.name == "notifier-ops"]
        assert cookie.path == "/ops"
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.value is not None
        assert cookie.value not in answer.text


def test_the_log_cannot_be_changed_even_by_a_statement(room: Room) -> None:
    with room.enter("viewer"):
        pass
    for statement in (access_log.update().values(action="nothing"), access_log.delete()):
        with pytest.raises(DatabaseError, match="only ever added to"), room.store.begin() as tx:
            tx.run(statement)


def test_the_pages_are_in_welsh_where_that_is_chosen(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        browser.get("/ops/")
        answer = browser.post("/ops/language", language="cy", back="/ops/")
        assert '<html lang="cy">' in answer.text
        assert "Heddiw" in answer.text


def test_a_page_that_asks_anew_by_itself_keeps_nobody_signed_in(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        with light_room.store.begin() as tx:
            tx.run(sign_ins.update().values(seen_at=NOW - timedelta(minutes=59)))
        assert browser.http.get("/ops/", headers={"HX-Request": "true"}).status_code == 200
        with light_room.store.begin() as tx:
            assert tx.all(select(sign_ins.c.seen_at))[0].seen_at == NOW - timedelta(minutes=59)
            tx.run(sign_ins.update().values(seen_at=NOW - timedelta(hours=2)))
        answer = browser.http.get("/ops/", headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Refresh"], answer.text) == (204, "true", "")


def test_what_nobody_expected_is_a_page_too(light_room: Room, caplog: pytest.LogCaptureFixture) -> None:
    with light_room.enter("viewer") as browser:
        with light_room.store.begin() as tx:
            tasks.drop(tx.connection)
        answer = browser.get("/ops/work", whose="all")
        assert answer.status_code in (500, 503)
        assert "<h1>" in answer.text
        assert "SELECT" not in answer.text + caplog.text
