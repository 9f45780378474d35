"""`notifier doctor` says what is wrong and the mend, quickly, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
import redis

from notifier.doctor import Finding, State, check_redis, examine
from notifier.embedded import EmbeddedRedis, free_port
from notifier.errors import NotFound
from tests.cli.conftest import CommandLine


@pytest.fixture
def running(notifier: CommandLine) -> Iterator[CommandLine]:
    """A folder in which an embedded Redis runs and the database is made."""
    with EmbeddedRedis(notifier.home / "redis"):
        assert notifier("failures").exit_code == 0
        yield notifier


def found(notifier: CommandLine) -> dict[str, tuple[str, str]]:
    """What the doctor says of each part: its state, and the words."""
    findings = [json.loads(line) for line in notifier("doctor", "--json").stdout.splitlines()]
    return {one["part"]: (one["state"], one["words"]) for one in findings}


def test_all_is_well_and_channels_without_settings_are_only_not_configured(running: CommandLine) -> None:
    result = running("doctor")
    assert result.exit_code == 0, result.output
    for part in ("settings", "policy", "database", "redis"):
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
