"""Signing in with an account of one's organisation, against an identity provider that makes mistakes."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path as File
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import Row, select

from notifier.environment import read_environment
from notifier.errors import SettingsError
from notifier.records import AccountRole
from notifier.store import accounts
from notifier.store.ops_tables import access_log
from notifier.store.ops_tables import accounts as accounts_table
from notifier.web.ops.oidc_settings import OidcSettings
from tests.builders import a_store
from tests.fakes import fake_channels
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, running_provider
from tests.web.ops.conftest import Room, running_room
from tests.web.ops.world import NORTH, NOW, SOUTH

PUBLIC = "http://notifier.example"
PRIYA = {
    "sub": "42",
    "preferred_username": "priya.shah",
    "name": "PC Priya Shah",
    "notifier_role": "officer",
    "notifier_force": NORTH,
    "notifier_staff_id": "n-officer",
}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcProvider]:
    """The identity provider, and the settings that name it."""
    with running_provider() as running:
        running.person = dict(PRIYA)
        monkeypatch.setenv("NOTIFIER_OIDC_ISSUER", running.issuer)
        monkeypatch.setenv("NOTIFIER_OIDC_CLIENT_ID", CLIENT_ID)
        monkeypatch.setenv("NOTIFIER_OIDC_CLIENT_SECRET", CLIENT_SECRET)
        yield running


@pytest.fixture
def door(database_url: str, tmp_path: File, provider: OidcProvider) -> Iterator[Room]:
    """The room without any case, behind the provider."""
    with (
        a_store(database_url) as store,
        running_room(store, tmp_path, fake_channels(), public_url=PUBLIC) as running,
    ):
        yield running


@pytest.fixture
def light_door(tmp_path: File, provider: OidcProvider) -> Iterator[Room]:
    """The same over SQLite."""
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        running_room(store, tmp_path, fake_channels(), public_url=PUBLIC) as running,
    ):
        yield running


@pytest.fixture
def browser(light_door: Room) -> Iterator[httpx.Client]:
    with a_browser(light_door) as http:
        yield http


def a_browser(room: Room) -> httpx.Client:
    return httpx.Client(base_url=room.base_url, timeout=60, trust_env=False)


def sent_back(http: httpx.Client, next: str = "/ops/") -> str:
    """Go to the provider and sign in there; return where it sends the browser."""
    asked = http.get("/ops/oidc/start", params={"next": next})
    assert asked.status_code == 303, asked.text
    back = str(httpx.get(asked.headers["Location"], trust_env=False).headers["Location"])
    assert back.startswith(f"{PUBLIC}/ops/oidc/back?")
    return back.removeprefix(PUBLIC)


def sign_in(http: httpx.Client, next: str = "/ops/") -> httpx.Response:
    return http.get(sent_back(http, next))


def account(room: Room, subject: str = "42") -> Row[Any] | None:
    with room.store.begin() as tx:
        return tx.first(select(accounts_table).where(accounts_table.c.subject == subject))


def actions(room: Room) -> list[tuple[str, str]]:
    with room.store.begin() as tx:
        return [(row.account, row.action) for row in tx.all(select(access_log).order_by(access_log.c.pk))]


def test_the_sign_in_page_has_a_button_that_names_the_provider(
    tmp_path: File, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_OIDC_NAME", "Northmoor's <account>")
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        running_room(store, tmp_path, fake_channels(), public_url=PUBLIC) as room,
        a_browser(room) as http,
    ):
        answer = http.get("/ops/sign-in", params={"next": "/ops/work?whose=all"})
    assert 'href="/ops/oidc/start?next=/ops/work%3Fwhose%3Dall"' in answer.text
    assert "Sign in with Northmoor&#39;s &lt;account&gt;" in answer.text


def test_without_a_provider_there_is_no_button_and_no_way_in(light_room: Room) -> None:
    with a_browser(light_room) as http:
        assert "/ops/oidc/" not in http.get("/ops/sign-in").text
        for path in ("/ops/oidc/start", "/ops/oidc/back?state=a&code=b"):
            assert http.get(path).status_code == 404


def test_somebody_signs_in_and_is_who_the_provider_says(door: Room, provider: OidcProvider) -> None:
    with a_browser(door) as http:
        answer = sign_in(http, "/ops/?day=1")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/ops/?day=1")
        assert "priya.shah" in http.get("/ops/").text
    row = account(door)
    assert row is not None
    assert (row.issuer, row.name, row.password_hash) == (provider.issuer, "priya.shah", None)
    assert (row.role, row.force, row.staff_id) == ("officer", NORTH, "n-officer")
    assert actions(door) == [("priya.shah", "made an account"), ("priya.shah", "signed in")]


def test_nothing_that_the_provider_issued_is_kept_or_logged(
    door: Room, provider: OidcProvider, tmp_path: File, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with a_browser(door) as http:
        sign_in(http)
        cookies = " ".join(cookie.value or "" for cookie in http.cookies.jar)
    id_token, access_token = provider.tokens
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()).decode("latin-1")
    for token in (id_token, access_token):
        assert token not in caplog.text + cookies + kept
    assert CLIENT_SECRET not in caplog.text + cookies + kept
    assert "notifier-oidc" not in [cookie.name for cookie in http.cookies.jar], "it was for the way only"


def test_role_and_force_follow_the_provider_at_each_sign_in(
    light_door: Room, browser: httpx.Client, provider: OidcProvider
) -> None:
    sign_in(browser)
    provider.person |= {"notifier_role": "admin", "notifier_force": SOUTH, "name": "Mrs Priya Jones"}
    provider.person["preferred_username"] = "priya.jones"
    del provider.person["notifier_staff_id"]
    sign_in(browser)
    row = account(light_door)
    assert row is not None
    assert (row.role, row.force, row.staff_id) == ("admin", SOUTH, None)
    assert row.name == "priya.shah", "older lines of the log name her so"
    sign_in(browser)
    assert [action for _, action in actions(light_door)] == [
        *("made an account", "signed in"),
        *("changed an account", "signed in"),
        "signed in",
    ]


def test_a_star_is_every_force(light_door: Room, browser: httpx.Client, provider: OidcProvider) -> None:
    provider.person["notifier_force"] = "*"
    sign_in(browser)
    row = account(light_door)
    assert row is not None
    assert (row.role, row.force) == ("officer", None)


def test_claims_may_have_other_names_and_be_lists_of_one(
    tmp_path: File, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("role", "force", "staff"):
        monkeypatch.setenv(f"NOTIFIER_OIDC_{kind.upper()}_CLAIM", f"urn:example:{kind}")
    provider.person = {
        "sub": "42", "urn:example:role": ["viewer"], "urn:example:force": [SOUTH], "urn:example:staff": "s-1",
    }  # fmt: skip
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        running_room(store, tmp_path, fake_channels(), public_url=PUBLIC) as room,
        a_browser(room) as http,
    ):
        assert sign_in(http).status_code == 303
        row = account(room)
    assert row is not None
    assert (row.name, row.role, row.force, row.staff_id) == ("42", "viewer", SOUTH, "s-1")


def test_a_name_that_somebody_has_does_not_make_her_that_one(
    light_door: Room, browser: httpx.Client, provider: OidcProvider
) -> None:
    with light_door.store.begin() as tx:
        accounts.add(tx, "priya.shah", AccountRole.ADMIN, NOW, force=None)
    sign_in(browser)
    row = account(light_door)
    assert row is not None
    assert row.role == "officer"
    assert row.name.startswith("priya.shah ")
    assert len(row.name) == len("priya.shah ") + 8


@pytest.mark.parametrize("name", ["command line", "unknown"])
def test_nobody_has_a_name_that_the_log_uses_for_something_else(
    light_door: Room, browser: httpx.Client, provider: OidcProvider, name: str
) -> None:
    provider.person["preferred_username"] = name
    sign_in(browser)
    row = account(light_door)
    assert row is not None
    assert row.name.startswith(f"{name} ")


def test_a_long_name_or_an_odd_one_fits(
    light_door: Room, browser: httpx.Client, provider: OidcProvider
) -> None:
    provider.person["preferred_username"] = f" a\n\x1b[2Jb {'c' * 300}"
    assert sign_in(browser).status_code == 303
    row = account(light_door)
    assert row is not None
    assert row.name == f"a [2Jb {'c' * 43}"


def spoil(**changes: Any) -> Callable[[OidcProvider], None]:
    def apply(provider: OidcProvider) -> None:
        provider.spoil = lambda claims: claims.update(changes)

    return apply


def leave_out(name: str) -> Callable[[OidcProvider], None]:
    def apply(provider: OidcProvider) -> None:
        provider.spoil = lambda claims: claims.pop(name)

    return apply


def change(**values: Any) -> Callable[[OidcProvider], None]:
    def apply(provider: OidcProvider) -> None:
        for name, value in values.items():
            setattr(provider, name, value)

    return apply


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(spoil(nonce="another"), id="wrong nonce"),
        pytest.param(leave_out("nonce"), id="no nonce"),
        pytest.param(spoil(aud="another service"), id="wrong audience"),
        pytest.param(spoil(aud=["another", CLIENT_ID], azp="another"), id="for another party"),
        pytest.param(spoil(iss="https://another.example"), id="wrong issuer"),
        pytest.param(spoil(exp=1_700_000_000), id="expired"),
        pytest.param(leave_out("exp"), id="never expires"),
        pytest.param(leave_out("sub"), id="nobody"),
        pytest.param(spoil(at_hash="bm90IGl0cyBoYXNo"), id="another access token"),
        pytest.param(change(forges=True), id="other key"),
        pytest.param(change(algorithm="none"), id="no signature"),
        pytest.param(change(algorithm="PS256"), id="a signature of a kind that it does not offer"),
    ],
)
def test_a_token_that_is_not_right_lets_nobody_in(
    light_door: Room,
    browser: httpx.Client,
    provider: OidcProvider,
    mistake: Callable[[OidcProvider], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    mistake(provider)
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "answer cannot be believed; start again" in answer.text.replace("&#39;", "'")
    assert is_out(browser)
    assert account(light_door) is None
    assert actions(light_door) == [("unknown", "sign-in refused")]
    (line,) = [record for record in caplog.records if record.name == "notifier.web.ops.oidc"]
    assert line.getMessage() == "a sign-in by OpenID Connect was refused"
    assert "Priya" not in str(vars(line))


def is_out(http: httpx.Client) -> bool:
    return str(http.get("/ops/").headers.get("Location", "")).startswith("/ops/sign-in")


NO_CLAIMS: dict[str, list[Any]] = {
    "notifier_role": [None, "", "owner", "Officer", ["officer", "admin"], 7, {}],
    "notifier_force": [None, "", [], ["a", "b"], "x" * 201, "North\nmoor", True],
    "notifier_staff_id": ["", [], 7, "x" * 201],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in NO_CLAIMS.items() for value in values]
)
def test_a_claim_that_is_missing_or_unknown_lets_nobody_in(
    light_door: Room,
    browser: httpx.Client,
    provider: OidcProvider,
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: Any,
) -> None:
    provider.person[name] = value
    if value is None:
        del provider.person[name]
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "ask its administrators for a role and a force" in answer.text
    assert is_out(browser)
    assert account(light_door) is None
    assert actions(light_door) == [("unknown", "sign-in refused")]
    (line,) = [record for record in caplog.records if record.name == "notifier.web.ops.oidc"]
    assert vars(line)["why"] == f"claim {name}", "who runs the service finds what to mend"


def test_who_lost_her_role_is_not_let_in_again(
    light_door: Room, browser: httpx.Client, provider: OidcProvider
) -> None:
    sign_in(browser)
    browser.cookies.clear()
    del provider.person["notifier_role"]
    assert sign_in(browser).status_code == 403
    with light_door.store.begin() as tx:
        line = tx.all(select(access_log).order_by(access_log.c.pk))[-1]
    assert (line.account, line.action, line.force) == ("priya.shah", "sign-in refused", NORTH)


def test_an_account_that_was_ended_here_stays_out(light_door: Room, browser: httpx.Client) -> None:
    sign_in(browser)
    row = account(light_door)
    assert row is not None
    with light_door.store.begin() as tx:
        accounts.end(tx, row.pk, NOW)
    assert is_out(browser)
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "your account here was ended" in answer.text
    assert is_out(browser)
    assert actions(light_door)[-1] == ("priya.shah", "sign-in refused")


@pytest.mark.parametrize("error", ["access_denied", "server_error"])
def test_who_is_declined_there_is_told_so_in_our_words(
    light_door: Room, browser: httpx.Client, provider: OidcProvider, error: str
) -> None:
    provider.error = error
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "did not let you in" in answer.text
    assert "words of the provider" not in answer.text
    assert actions(light_door) == [("unknown", "sign-in refused")]


def test_an_answer_is_taken_once_and_by_the_browser_that_asked(
    light_door: Room, browser: httpx.Client
) -> None:
    back = sent_back(browser)
    with a_browser(light_door) as another:
        assert another.get(back).status_code == 403, "it never asked"
        sent_back(another)
        assert another.get(back).status_code == 403, "it asked something else"
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403, "it was used"


def test_a_changed_answer_is_not_taken(browser: httpx.Client) -> None:
    state = parse_qs(urlsplit(sent_back(browser)).query)["state"][0]
    answer = browser.get("/ops/oidc/back", params={"state": state, "code": "made up"})
    assert answer.status_code == 403
    assert is_out(browser)


def test_what_the_browser_keeps_on_the_way_cannot_be_written_by_others(browser: httpx.Client) -> None:
    back = sent_back(browser)
    payload, _, signed = kept_on_the_way(browser).partition(".")
    kept = json.loads(base64.b64decode(payload))
    written = base64.b64encode(json.dumps(kept | {"next": "/ops/log"}).encode()).decode()
    browser.cookies.clear()
    answer = browser.get(back, headers={"Cookie": f"notifier-oidc={written}.{signed}"})
    assert answer.status_code == 403
    answer = browser.get(back, headers={"Cookie": f"notifier-oidc={payload}.{signed}"})
    assert answer.status_code == 303


def kept_on_the_way(http: httpx.Client) -> str:
    (kept,) = [cookie for cookie in http.cookies.jar if cookie.name == "notifier-oidc"]
    assert kept.value is not None
    return kept.value


def test_who_waits_too_long_starts_again(browser: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import itsdangerous

    back = sent_back(browser)
    later = itsdangerous.TimestampSigner.get_timestamp
    monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda self: later(self) + 601)
    answer = browser.get(back)
    assert answer.status_code == 403
    assert "too old or not yours" in answer.text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/ops//evil.example", "/ops\\evil", "/v1/facts"]
)
def test_nobody_is_led_elsewhere(browser: httpx.Client, target: str) -> None:
    assert sign_in(browser, target).headers["Location"] == "/ops/"


def is_unavailable(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and "your organisation does not answer" in answer.text


def test_a_provider_that_is_away_is_said_to_be_so(browser: httpx.Client, provider: OidcProvider) -> None:
    provider.is_away = True
    assert is_unavailable(browser.get("/ops/oidc/start"))
    provider.is_away = False
    back = sent_back(browser)
    provider.is_away = True
    assert is_unavailable(browser.get(back))
    provider.is_away = False
    assert sign_in(browser).status_code == 303


def test_a_provider_that_nobody_runs_is_said_to_be_away(
    tmp_path: File, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_OIDC_ISSUER", "http://127.0.0.1:1")
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        running_room(store, tmp_path, fake_channels(), public_url=PUBLIC) as room,
        a_browser(room) as http,
    ):
        assert is_unavailable(http.get("/ops/oidc/start"))


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://sign-in.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_asked(
    browser: httpx.Client, provider: OidcProvider, description: dict[str, Any]
) -> None:
    provider.describe = lambda described: described.update(description)
    assert is_unavailable(browser.get("/ops/oidc/start"))
    assert provider.asked == ["/.well-known/openid-configuration"]
    provider.describe = lambda described: None
    assert sign_in(browser).status_code == 303, "it was mended there, and nothing is started again here"


def test_where_all_is_encrypted_the_cookie_is_kept_so(tmp_path: File, provider: OidcProvider) -> None:
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        running_room(store, tmp_path, fake_channels(), public_url="https://notifier.example") as room,
        a_browser(room) as http,
    ):
        cookie = http.get("/ops/oidc/start").headers["Set-Cookie"]
    assert cookie.startswith("__Secure-notifier-oidc=")
    for part in ("path=/ops", "Max-Age=600", "httponly", "samesite=lax", "secure"):
        assert part in cookie.split("; ")


def test_the_browser_is_sent_with_a_challenge_a_state_and_a_nonce(browser: httpx.Client) -> None:
    asked = parse_qs(urlsplit(browser.get("/ops/oidc/start").headers["Location"]).query)
    assert asked["redirect_uri"] == [f"{PUBLIC}/ops/oidc/back"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    again = parse_qs(urlsplit(browser.get("/ops/oidc/start").headers["Location"]).query)
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"OIDC_ISSUER": "https://a.example"},
            "NOTIFIER_OIDC_CLIENT_ID, NOTIFIER_OIDC_CLIENT_SECRET: missing",
        ),
        ({"OIDC_NAME": "Ours"}, "NOTIFIER_OIDC_ISSUER, NOTIFIER_OIDC_CLIENT_ID"),
        ({"OIDC_ISSUER": "http://a.example"}, "NOTIFIER_OIDC_ISSUER: is not the https address"),
        ({"OIDC_ISSUER": "https://"}, "NOTIFIER_OIDC_ISSUER: is not the https address"),
        ({"OIDC_ISSUER": "https://a.example?x=1"}, "NOTIFIER_OIDC_ISSUER: is not the https address"),
    ],
)
def test_half_given_settings_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    with pytest.raises(SettingsError, match=said) as problem:
        read_environment(OidcSettings)
    assert len(str(problem.value).splitlines()) == 1


@pytest.mark.parametrize("issuer", ["https://a.example", "https://a.example/b/", "http://localhost:8080"])
def test_an_issuer_is_taken_as_it_names_itself(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    for name, value in (("ISSUER", issuer), ("CLIENT_ID", "a"), ("CLIENT_SECRET", "b")):
        monkeypatch.setenv(f"NOTIFIER_OIDC_{name}", value)
    assert read_environment(OidcSettings).oidc_issuer == issuer


def test_the_provider_must_know_where_to_send_people_back(tmp_path: File, provider: OidcProvider) -> None:
    with (
        a_store(f"sqlite:///{tmp_path / 'light.db'}") as store,
        pytest.raises(SettingsError, match="NOTIFIER_PUBLIC_URL: is missing beside the OIDC settings"),
        running_room(store, tmp_path, fake_channels()),
    ):
        pass
