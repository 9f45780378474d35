"""`notifier doctor` says what is wrong and the mend, quickly, and never a secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import redis

from notifier.doctor import Finding, State, check_rabbitmq, check_redis, examine
from notifier.embedded import EmbeddedRedis, free_port
from notifier.errors import NotFound
from notifier.store import sweeps
from notifier.store.sweeps import Ended
from notifier.wiring import services
from tests.cli.conftest import CommandLine
from tests.collector import running_collector
from tests.rabbitmq import RabbitMq, installed


@pytest.fixture
def running(notifier: CommandLine) -> Iterator[CommandLine]:
    """A folder in which an embedded Redis runs, the database is made and somebody sweeps."""
    with EmbeddedRedis(notifier.home / "redis"):
        assert notifier("failures").exit_code == 0
        sweep(delivery=0)
        yield notifier


def sweep(**minutes_ago: float) -> None:
    """Have each part of a sweep end so many minutes ago."""
    ended = {part: Ended(datetime.now(UTC) - timedelta(minutes=ago), 1) for part, ago in minutes_ago.items()}
    with services() as parts, parts.store.begin() as tx:
        sweeps.note(tx, ended, set(minutes_ago))


def found(notifier: CommandLine) -> dict[str, tuple[str, str]]:
    """What the doctor says of each part: its state, and the words."""
    findings = [json.loads(line) for line in notifier("doctor", "--json").stdout.splitlines()]
    return {one["part"]: (one["state"], one["words"]) for one in findings}


def test_all_is_well_and_channels_without_settings_are_only_not_configured(running: CommandLine) -> None:
    result = running("doctor")
    assert result.exit_code == 0, result.output
    for part in ("settings", "policy", "database", "scheduler", "redis"):
        assert f"{part}: ok\n" in result.stdout
    assert "channel sms: not configured, NOTIFIER_TWILIO_ACCOUNT_SID is missing" in result.stdout
    assert "channel email: not configured, NOTIFIER_SMTP_HOST" in result.stdout


def test_where_nothing_runs_it_says_how_to_start(notifier: CommandLine) -> None:
    result = notifier("doctor")
    assert result.exit_code == 1
    assert "database: wrong, is not made yet: `notifier run` makes it" in result.stdout
    assert "redis: wrong, no Redis is running: start everything with `notifier run`" in result.stdout


def test_a_wrong_setting_is_named(notifier: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_TIMEZONE", "Mars/North")
    result = notifier("doctor")
    assert result.exit_code == 1
    assert result.stdout.startswith("settings: wrong, NOTIFIER_TIMEZONE: is not a time zone; give a name")


def test_a_wrong_policy_is_named(running: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = running.home / "policy.toml"
    policy.write_text("[timing]\ngap_minutes = -1\n")
    monkeypatch.setenv("NOTIFIER_POLICY_FILE", str(policy))
    state, words = found(running)["policy"]
    assert state == "wrong"
    assert "gap_minutes" in words


def test_a_channel_that_is_half_configured_is_wrong(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (running.home / ".env").write_text("NOTIFIER_MAIL_FROM=updates@force.example\n")
    assert found(running)["channel email"] == ("wrong", "NOTIFIER_SMTP_HOST: is missing")
    assert running("doctor").exit_code == 1


def test_a_mail_server_that_does_not_answer_is_wrong(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(free_port()),
        "SMTP_TLS": "none",
        "SMTP_USERNAME": "notifier",
        "SMTP_PASSWORD": "very-secret",
        "MAIL_FROM": "updates@force.example",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    state, words = found(running)["channel email"]
    assert state == "wrong"
    assert "very-secret" not in words


def test_a_mailbox_that_does_not_answer_is_wrong(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "mailbox" not in found(running)
    login = {"IMAP_USERNAME": "notifier", "IMAP_PASSWORD": "very-secret", "BOUNCE_DOMAIN": "force.example"}
    for name, value in {"IMAP_HOST": "127.0.0.1", "IMAP_PORT": str(free_port()), **login}.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)
    state, words = found(running)["mailbox"]
    assert state == "wrong"
    assert words.startswith("the mailbox does not answer")
    assert "very-secret" not in words


def test_a_database_that_does_not_answer_is_wrong(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", "postgresql://u:very-secret@127.0.0.1:1/notifier")
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("NOTIFIER_DATA_KEYS", "A" * 43 + "=")
    state, words = found(running)["database"]
    assert state == "wrong"
    assert "does not answer" in words
    assert "very-secret" not in words


def test_tables_of_another_version_are_wrong(running: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", f"sqlite:///{running.home / 'empty.db'}")
    monkeypatch.setenv("NOTIFIER_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("NOTIFIER_DATA_KEYS", "A" * 43 + "=")
    state, words = found(running)["database"]
    assert (state, words) == ("wrong", "the database's tables are not up to date; run `notifier db upgrade`")
    assert running("db", "upgrade").stdout == "the database's tables are up to date\n"
    assert found(running)["database"] == ("ok", "")


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("maxmemory-policy", "allkeys-lru", "set maxmemory-policy noeviction"),
        ("appendonly", "no", "set appendonly yes"),
    ],
)
def test_a_redis_that_forgets_is_wrong(tmp_path: Path, setting: str, value: str, said: str) -> None:
    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert check_redis(client) is None
        client.config_set(setting, value)
        assert said in (check_redis(client) or "")


def test_a_redis_that_is_away_is_wrong(notifier: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_REDIS_URL", f"redis://:very-secret@127.0.0.1:{free_port()}/0")
    state, words = found(notifier)["redis"]
    assert state == "wrong"
    assert "does not answer" in words
    assert "very-secret" not in words


@pytest.mark.parametrize(
    ("minutes_ago", "said"),
    [
        ({}, "nobody has ever swept: start `notifier scheduler`, or nothing is told"),
        ({"delivery": 3, "staff": 4}, "the last sweep was 3 minutes ago: start `notifier scheduler`"),
        (
            {"delivery": 0, "staff": 4},
            "its part staff has not come to an end for 4 minutes: read the scheduler's log",
        ),
    ],
)
def test_a_scheduler_that_does_not_sweep_is_wrong(
    running: CommandLine, minutes_ago: dict[str, float], said: str
) -> None:
    sweep(**minutes_ago)
    assert found(running)["scheduler"] == ("wrong", said)


def test_a_scheduler_of_a_clock_that_runs_faster_is_well(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.set_clock("2026-05-12T09:00:00+00:00")
    monkeypatch.setenv("NOTIFIER_CLOCK_SPEED", "1440")
    with services() as parts, parts.store.begin() as tx:
        sweeps.note(tx, {"delivery": Ended(parts.clock.now(), 1)}, {"delivery"})
    assert found(running)["scheduler"] == ("ok", ""), "some real seconds are hours on that clock"


def test_a_rabbitmq_that_does_not_answer_is_wrong(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "rabbitmq" not in found(running)
    monkeypatch.setenv("NOTIFIER_BROKER_URL", f"amqp://user:very-secret@127.0.0.1:{free_port()}/room")
    state, words = found(running)["rabbitmq"]
    assert state == "wrong"
    assert words.startswith("does not let us in (AMQPConnectionError): start it, or correct NOTIFIER_BROKER_")
    assert "very-secret" not in words


def test_a_rabbitmq_whose_driver_is_missing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pika", None)
    said = check_rabbitmq("amqp://127.0.0.1/")
    assert said == "its driver is missing: install notifier[rabbitmq]"


def test_a_real_rabbitmq_lets_us_in_or_not(tmp_path: Path) -> None:
    program = installed()
    if program is None:
        pytest.skip("RabbitMQ is not installed: that the doctor is let in is left out")
    with RabbitMq(program, tmp_path) as server:
        assert check_rabbitmq(server.url) is None
        said = check_rabbitmq(server.url.replace("guest:guest", "guest:other"))
        assert said is not None
        assert said.startswith("does not let us in (ProbableAuthenticationError)")


def test_where_traces_go_somebody_listens_or_it_is_wrong(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "traces" not in found(running)
    with running_collector() as collector:
        monkeypatch.setenv("NOTIFIER_OTLP_ENDPOINT", collector.url)
        assert found(running)["traces"] == ("ok", "")
        monkeypatch.setitem(sys.modules, "opentelemetry", None)
        missing = "the packages for traces are missing: install notifier[tracing]"
        assert found(running)["traces"] == ("wrong", missing)
        monkeypatch.undo()
    monkeypatch.setenv("NOTIFIER_HOME", str(running.home))
    monkeypatch.chdir(running.home)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    gone = "nobody listens (ConnectionRefusedError): start the collector, or correct its address"
    assert found(running)["traces"] == ("wrong", gone)


def test_an_identity_provider_that_is_another_or_away_is_wrong(
    running: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer = f"http://127.0.0.1:{server.server_port}/force"
            known = self.path == "/force/.well-known/openid-configuration"
            body = json.dumps({"issuer": issuer if known else "somebody else"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay quiet."""

    assert "sign-in" not in found(running)
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"NOTIFIER_OIDC_{name}", "very-secret")
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        serving = Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        monkeypatch.setenv("NOTIFIER_OIDC_ISSUER", f"http://127.0.0.1:{server.server_port}/force")
        right = found(running)["sign-in"]
        monkeypatch.setenv("NOTIFIER_OIDC_ISSUER", f"http://127.0.0.1:{server.server_port}/other")
        other = found(running)["sign-in"]
        server.shutdown()
        serving.join()
    assert right == ("ok", "")
    said = "does not call itself by the name in NOTIFIER_OIDC_ISSUER: give it as it names itself"
    assert other == ("wrong", said)
    state, words = found(running)["sign-in"]
    assert (state, words) == ("wrong", "does not answer as one (ConnectError): correct NOTIFIER_OIDC_ISSUER")


def test_a_check_without_an_answer_does_not_keep_the_others() -> None:
    never, asked = Event(), Event()

    def hangs() -> str | None:
        asked.set()
        never.wait()
        return None

    def mend() -> str | None:
        raise NotFound("it is not there; put it back")

    def broken() -> str | None:
        raise ValueError("07700 900123")

    findings = examine({"slow": hangs, "mend": mend, "broken": broken, "fine": lambda: None}, 0.5)
    assert asked.is_set()
    assert findings == [
        Finding("slow", State.WRONG, "no answer within 0.5 seconds: check the network and the address"),
        Finding("mend", State.WRONG, "it is not there; put it back"),
        Finding("broken", State.WRONG, "the check itself failed (ValueError): please report it"),
        Finding("fine", State.OK),
    ]
    never.set()
