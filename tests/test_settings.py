from __future__ import annotations

import json
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from notifier.errors import SettingsError
from notifier.settings import Keys, load_keys, load_settings
from tests.builders import DATA_KEY

SECRET = "a-secret-that-nobody-must-ever-see-in-an-error"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def give(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"NOTIFIER_{name}", value)


def refusal() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_with_nothing_set_everything_runs_embedded(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.store_url == f"sqlite:///{tmp_path}/var/notifier.db"
    assert (settings.event_stream, settings.fact_stream) == ("case-events", "notifier-facts")
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8025)
    assert settings.breaker
    assert settings.gap_minutes is None


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, DATABASE_URL="", GAP_MINUTES="", DATA_KEYS="")
    assert load_settings().database_url is None


def test_a_file_gives_settings_and_the_environment_overrides_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("NOTIFIER_HTTP_PORT=9000\nNOTIFIER_BREAKER=off\nNOTIFIER_SMTP_HOST=mail\n")
    give(monkeypatch, HTTP_PORT="9001")
    settings = load_settings()
    assert settings.http_port == 9001
    assert not settings.breaker


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@db/notifier", "postgresql+psycopg://u:p@db/notifier"),
        ("postgresql+psycopg://u:p@db/notifier", "postgresql+psycopg://u:p@db/notifier"),
        ("sqlite:////srv/notifier.db", "sqlite:////srv/notifier.db"),
    ],
)
def test_databases_that_we_know(given: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, DATABASE_URL=given, SECRET_KEY=SECRET, DATA_KEYS=DATA_KEY)
    assert load_settings().store_url == used


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@db/notifier"),
        ("DATABASE_URL", "hunter2"),
        ("DATABASE_URL", "postgresql+asyncpg://u:hunter2@db/notifier"),
        ("REDIS_URL", "localhost:hunter2"),
        ("TIMEZONE", "Europe/hunter2"),
        ("TIMEZONE", "../hunter2"),
        ("PUBLIC_URL", "hunter2.example.org"),
        ("PUBLIC_URL", "ftp://hunter2.example.org"),
        ("POLICY_FILE", "no/hunter2.toml"),
        ("BREAKER", "hunter2"),
        ("GAP_MINUTES", "-1"),
        ("GAP_MINUTES", "hunter2"),
        ("HTTP_PORT", "65536"),
        ("SECRET_KEY", "hunter2"),
        ("DATA_KEYS", "hunter2"),
        ("DATA_KEYS", f"{DATA_KEY},hunter2"),
        ("CLOCK_SPEED", "0"),
        ("CLOCK_EPOCH_REAL", "2026-04-01T09:00:00"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_told(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, **{name: value})
    message = refusal()
    assert message.startswith(f"NOTIFIER_{name}: ")
    assert "hunter2" not in message


def test_every_wrong_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, TIMEZONE="Mars", HTTP_PORT="none")
    message = refusal()
    assert "NOTIFIER_TIMEZONE" in message
    assert "NOTIFIER_HTTP_PORT" in message


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATA_KEYS"])
def test_a_database_without_its_keys_stops_the_start(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, DATABASE_URL="postgresql://db/notifier", SECRET_KEY=SECRET, DATA_KEYS=DATA_KEY)
    monkeypatch.delenv(f"NOTIFIER_{missing}")
    message = refusal()
    assert f"NOTIFIER_{missing}" in message
    assert "make one: python3" in message


@pytest.mark.parametrize(
    "given",
    [
        {"CLOCK_SPEED": "60"},
        {"CLOCK_EPOCH_REAL": "2026-04-01T09:00:00Z"},
        {"CLOCK_EPOCH_VIRTUAL": "2026-04-01T09:00:00Z", "CLOCK_SPEED": "60"},
    ],
)
def test_a_half_given_clock_stops_the_start(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, **given)
    assert "NOTIFIER_CLOCK_EPOCH_REAL and NOTIFIER_CLOCK_EPOCH_VIRTUAL" in refusal()


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"NOTIFIER_HOME=\xff\xfe")
    assert ".env" in refusal()


def test_no_secret_shows_in_a_repr_or_in_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    give(
        monkeypatch,
        DATABASE_URL="postgresql://u:hunter2@db/notifier",
        REDIS_URL="redis://:hunter2@redis/0",
        SECRET_KEY=SECRET,
        DATA_KEYS=DATA_KEY,
    )
    shown = repr(load_settings())
    give(monkeypatch, HTTP_PORT="none")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    shown += "".join(traceback.format_exception(caught.value))
    for secret in ("hunter2", SECRET, DATA_KEY):
        assert secret not in shown


def test_given_keys_are_used_newest_first_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = Fernet.generate_key().decode()
    give(monkeypatch, SECRET_KEY=SECRET, DATA_KEYS=f"{DATA_KEY}, {older}")
    keys = load_keys(load_settings())
    assert keys.secret_key.get_secret_value() == SECRET
    assert [key.get_secret_value() for key in keys.data_keys] == [DATA_KEY, older]
    assert not (tmp_path / "var").exists()


def test_keys_are_made_once_for_this_user_only(tmp_path: Path) -> None:
    settings = load_settings()
    keys = load_keys(settings)
    assert load_keys(settings) == keys
    assert (tmp_path / "var" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["keys.json"]
    Fernet(keys.data_keys[0].get_secret_value())


def test_processes_that_start_at_once_agree_on_the_keys() -> None:
    settings = load_settings()

    def load(_: int) -> Keys:
        return load_keys(settings)

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(load, range(16))
    assert all(keys == first for keys in others)


def test_keys_open_to_others_are_refused(tmp_path: Path) -> None:
    settings = load_settings()
    load_keys(settings)
    (tmp_path / "var" / "keys.json").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_keys(settings)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        json.dumps({"secret_key": SECRET, "data_keys": ["hunter2"]}),
        json.dumps({"secret_key": SECRET, "data_keys": []}),
    ],
)
def test_damaged_keys_are_never_replaced(content: str, tmp_path: Path) -> None:
    settings = load_settings()
    load_keys(settings)
    (tmp_path / "var" / "keys.json").write_text(content)
    with pytest.raises(SettingsError, match="backup") as caught:
        load_keys(settings)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert (tmp_path / "var" / "keys.json").read_text() == content
