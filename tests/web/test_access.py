"""Who may call what, and what every answer carries."""

from __future__ import annotations

import logging

import pytest
from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.routing import Mount

from notifier.records import ChannelName, Receipt, ReceiptRequest
from notifier.store import keys
from notifier.store.tables import publisher_keys
from notifier.web.app import create_app
from notifier.web.auth import WITHOUT_KEY, OpenRoute
from tests.fakes import FakeSms
from tests.web.conftest import NOW, RECORDS, Key, Web

ROUTES = [route for route in create_app().routes if isinstance(route, APIRoute)]
MOUNTED = [route.path for route in create_app().routes if isinstance(route, Mount)]
CALLS = [(method, route.path) for route in ROUTES for method in sorted(route.methods or ())]


def test_every_route_is_one_that_stands_behind_the_key() -> None:
    assert len(ROUTES) + len(MOUNTED) == len(create_app().routes), "a bare route would slip past"
    assert MOUNTED == ["/ops"], (
        "only the operations room has people who sign in (tests/web/ops/test_access.py)"
    )


def test_the_list_of_open_routes_is_short_and_each_has_its_reason() -> None:
    assert set(WITHOUT_KEY) == {
        *("/receipts/{channel}", "/inbound/{channel}"),
        *("/healthz", "/readyz", "/metrics"),
    }
    assert set(WITHOUT_KEY) <= {route.path for route in ROUTES}
    assert all(len(reason) > 20 for reason in WITHOUT_KEY.values())


def test_a_route_that_needs_a_key_cannot_be_made_an_open_one() -> None:
    async def endpoint(request: Request) -> Response:
        return Response()

    with pytest.raises(ValueError, match="needs a key"):
        OpenRoute("/v1/events", endpoint)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_other_route_needs_a_key(light_web: Web, method: str, path: str) -> None:
    answer = light_web.http.request(method, path)
    if path in WITHOUT_KEY:
        assert answer.status_code != 401
    else:
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Authorization: Bearer" in answer.json()["error"]


def test_only_a_key_in_use_opens(web: Web) -> None:
    with web.store.begin() as tx:
        key = keys.add(tx, RECORDS, NOW)
        pk = keys.listed(tx)[-1].pk

    def status(authorization: str) -> int:
        return web.http.get("/v1/facts", headers={"Authorization": authorization}).status_code

    assert status(f"Bearer {key}") == status(f"bearer  {key}") == 200
    for wrong in ("Bearer", "Bearer wrong", f"Basic {key}", key):
        assert status(wrong) == 401
    with web.store.begin() as tx:
        keys.revoke(tx, pk, NOW)
    assert status(f"Bearer {key}") == 401


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/v1/facts", 401), ("/nowhere", 404)])
def test_every_answer_carries_the_security_headers(light_web: Web, path: str, status: int) -> None:
    answer = light_web.http.get(path)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_there_are_no_pages_about_the_inside(light_web: Web, path: str) -> None:
    assert light_web.http.get(path).status_code == 404


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/v1/events", 405)])
def test_errors_are_json(light_web: Web, method: str, path: str, status: int) -> None:
    answer = light_web.http.request(method, path)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})


def test_a_large_body_is_refused(light_web: Web) -> None:
    answer = light_web.http.post("/v1/check", content=b" " * 5_000_001, auth=light_web.records)
    assert answer.status_code == 413
    assert "5,000,000 bytes" in answer.json()["error"]
    assert light_web.http.post("/v1/check", content=b" " * 5_000_000, auth=light_web.records).is_success


def test_a_database_that_does_not_answer_is_said_to_be_so(
    light_web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    with light_web.store.begin() as tx:
        publisher_keys.drop(tx.connection)
    answer = light_web.http.get("/v1/facts", auth=Key("a-very-secret-key"))
    assert answer.status_code == 503
    assert "nothing was lost, try again" in answer.json()["error"]
    assert "a-very-secret-key" not in answer.text + caplog.text


class Broken(FakeSms):
    """A channel with a fault whose words quote what came in."""

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Fail."""
        raise RuntimeError(f"cannot read {request.body.decode()}")

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Trust anybody."""
        return True


def test_what_nobody_expected_is_answered_and_logged_by_its_place(
    light_web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    light_web.services.channels[ChannelName.SMS] = Broken()
    answer = light_web.http.post("/receipts/sms", content="Jocasta Bloggs")
    assert (answer.status_code, set(answer.json())) == (500, {"error"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    logged = vars(record)
    assert (record.getMessage(), logged["error"]) == ("a request failed", "RuntimeError")
    assert logged["place"].partition(":")[0] == __file__
    assert "Jocasta" not in answer.text + caplog.text + str(logged)
