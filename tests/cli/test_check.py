"""`notifier check`: a verdict for each line, whatever stands in it."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import CommandLine


@pytest.mark.parametrize("arguments", [("check",), ("check", "--json")])
def test_each_line_has_its_verdict_in_order(notifier: CommandLine, arguments: tuple[str, ...]) -> None:
    given = [
        {"channel": "sms", "address": "07700 900123"},
        {"channel": "sms", "address": "+1 212 555 0123"},
        {"channel": "email", "address": "jo@mail.example"},
        {"channel": "sms", "text": "It’s done"},
    ]
    result = notifier(*arguments, given="".join(json.dumps(row) + "\n" for row in given))
    assert result.exit_code == 0
    number, foreign, mailbox, text = (json.loads(line) for line in result.stdout.splitlines())
    assert number == {"ok": True, "normalised": "+447700900123"}
    assert foreign["ok"] is False
    assert mailbox == {"ok": True, "normalised": "jo@mail.example"}
    assert text == {"encoding": "gsm7", "segments": 1, "sent_as": "It's done"}


def test_a_line_that_cannot_be_read_has_its_verdict_too(notifier: CommandLine) -> None:
    given = b'not json\n\n\xff\xfe\n[1]\n{"channel": "post", "address": "x"}\n' + b"[" * 100_000 + b"\n"
    result = notifier("check", given=given)
    assert result.exit_code == 0
    verdicts = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(verdicts) == 5
    assert [verdict["ok"] for verdict in verdicts] == [False] * 5
    assert verdicts[0]["reason"] == "the line is not JSON"


def test_the_policy_decides_about_numbers_abroad(
    notifier: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = notifier.home / "policy.toml"
    policy.write_text("[channels]\nallow_international = true\n")
    monkeypatch.setenv("NOTIFIER_POLICY_FILE", str(policy))
    (verdict,) = notifier.records("check", given='{"channel": "sms", "address": "+33 6 12 34 56 78"}')
    assert verdict == {"ok": True, "normalised": "+33612345678"}
