"""Publishers' keys, and how logs are written."""

from __future__ import annotations

import logging

import pytest

from notifier.cli.logs import set_up_logging
from notifier.settings import load_settings
from notifier.store import keys
from notifier.store.database import Store
from notifier.wiring import cipher_of
from tests.cli.conftest import CommandLine

SOURCE = "urn:example:records"


def source_of(notifier: CommandLine, key: str) -> str | None:
    store = Store(f"sqlite:///{notifier.home / 'notifier.db'}", cipher_of(load_settings()))
    with store.begin() as tx:
        source = keys.source_of(tx, key)
    store.close()
    return source


def test_a_key_is_made_shown_once_and_revoked(notifier: CommandLine) -> None:
    key = notifier("keys", "add", SOURCE).stdout.strip()
    assert source_of(notifier, key) == SOURCE
    listed = notifier("keys", "list").stdout
    assert listed.startswith(f"K1  {SOURCE}, made ")
    assert key not in listed
    assert notifier("keys", "revoke", "K1").stdout == "K1 is revoked\n"
    assert source_of(notifier, key) is None
    assert ", revoked 2" in notifier("keys", "list").stdout
    assert notifier("keys", "revoke", "K1").exit_code == 1


def test_keys_for_programs(notifier: CommandLine) -> None:
    (made,) = notifier.records("keys", "add", SOURCE)
    assert source_of(notifier, made["key"]) == SOURCE
    (listed,) = notifier.records("keys", "list")
    assert (listed["id"], listed["source"], listed["revoked_at"]) == ("K1", SOURCE, None)
    assert notifier.records("keys", "revoke", "K1") == [{"id": "K1", "revoked": True}]


def test_a_log_line_shows_its_ids_and_nothing_of_an_exceptions_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging()
    try:
        raise ValueError("07700 900123")
    except ValueError:
        logging.getLogger("notifier.test").exception("a send\nfailed", extra={"notice": 7})
    (line,) = capsys.readouterr().err.splitlines()
    assert " ERROR notifier.test a send failed notice=7 (ValueError at " in line
    assert "07700" not in line


def test_chatty_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging()
    for name in ("twilio.http_client", "urllib3.connectionpool", "aiosmtplib", "dramatiq.worker"):
        logging.getLogger(name).info("To: +447700900123")
    logging.getLogger("notifier.test").info("ready")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("INFO notifier.test ready")
