"""Local accounts: made, changed and ended on the command line, each time with a line in the log."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Row, select

from notifier.records import AccountRole
from notifier.settings import load_settings
from notifier.store import accounts
from notifier.store.database import Store, Tx
from notifier.store.ops_tables import access_log, sign_ins
from notifier.wiring import cipher_of
from tests.builders import at
from tests.cli.conftest import CommandLine

PASSWORD = "a long enough one"
FORCE = "Northmoor Police"
MADE = ("users", "add", "Sgt Reid", "--role", "supervisor", "--force", FORCE, "--password-stdin")


@contextmanager
def looking(notifier: CommandLine) -> Iterator[Tx]:
    store = Store(f"sqlite:///{notifier.home / 'notifier.db'}", cipher_of(load_settings()))
    with store.begin() as tx:
        yield tx
    store.close()


def account(notifier: CommandLine, name: str = "Sgt Reid") -> Row[Any]:
    with looking(notifier) as tx:
        row = accounts.named(tx, name)
    assert row is not None
    return row


def logged(notifier: CommandLine) -> list[tuple[str, str, str, str | None]]:
    with looking(notifier) as tx:
        rows = tx.all(select(access_log).order_by(access_log.c.pk))
    return [(row.account, row.action, row.about, row.force) for row in rows]


def fits(stored: str, password: str) -> bool:
    return PasswordHasher().verify(stored, password)


def test_an_account_is_made_shown_and_in_the_log(notifier: CommandLine) -> None:
    made = notifier(*MADE, "--staff-id", "sup-1", given=f"{PASSWORD}\n")
    assert (made.exit_code, made.stdout) == (0, "Sgt Reid may sign in\n")
    row = account(notifier)
    assert (row.role, row.force, row.staff_id) == ("supervisor", FORCE, "sup-1")
    assert fits(row.password_hash, PASSWORD)
    (listed,) = notifier.records("users", "list")
    assert listed["name"] == "Sgt Reid"
    assert (listed["role"], listed["force"], listed["staff_id"]) == ("supervisor", FORCE, "sup-1")
    assert (listed["issuer"], listed["ended_at"], listed["locked_until"]) == (None, None, None)
    words = notifier("users", "list").stdout
    assert words.startswith(f"Sgt Reid  supervisor, {FORCE}, is sup-1 in cases, made ")
    assert PASSWORD not in words + made.output
    assert logged(notifier) == [("command line", "made an account", "Sgt Reid", FORCE)]


def test_an_account_of_every_force_is_asked_for_by_name(notifier: CommandLine) -> None:
    every = ("users", "add", "Ada", "--role", "admin", "--password-stdin")
    for wrong in ((), ("--force", FORCE, "--all-forces")):
        refused = notifier(*every, *wrong, given=PASSWORD)
        assert refused.exit_code == 2
        assert "give either --force or --all-forces" in refused.stderr
    assert notifier(*every, "--all-forces", given=PASSWORD).exit_code == 0
    assert account(notifier, "Ada").force is None
    assert "admin, every force" in notifier("users", "list").stdout


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ("elevenchars\n", 1, "the password needs at least 12 characters"),
        ("\n", 1, "the password needs at least 12 characters"),
        ("x" * 1001, 1, "at most 1000; nothing was changed"),
        ("twelve chars\n", 0, ""),
    ],
)
def test_a_password_is_long_enough(notifier: CommandLine, given: str, status: int, said: str) -> None:
    made = notifier(*MADE, given=given)
    assert made.exit_code == status
    assert said in made.stderr
    assert len(made.stderr.splitlines()) == bool(said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "a name has 1 to 50 characters"),
        ("x" * 51, "a name has 1 to 50 characters"),
        (" Reid", "single spaces between its words only"),
        ("Reid\x1b[2J", "a name has 1 to 50 characters"),
        ("command line", "the log uses command line for something else"),
        ("unknown", "choose another name"),
    ],
)
def test_a_name_is_one_that_the_log_can_hold(notifier: CommandLine, name: str, said: str) -> None:
    refused = notifier("users", "add", name, *MADE[3:], given=PASSWORD)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_a_name_is_never_given_twice(notifier: CommandLine) -> None:
    notifier(*MADE, given=PASSWORD)
    notifier("users", "end", "Sgt Reid")
    again = notifier(*MADE, given=PASSWORD)
    assert again.exit_code == 1
    assert "Sgt Reid is taken, and a name is never given twice: choose another one" in again.stderr


def test_a_password_is_asked_for_twice_without_echo_on_a_terminal(notifier: CommandLine) -> None:
    said = typed_on_a_terminal(notifier, PASSWORD, PASSWORD)
    assert "Password (at least 12 characters): " in said
    assert "The same again: " in said
    assert PASSWORD not in said
    assert fits(account(notifier).password_hash, PASSWORD)


def test_two_that_differ_make_no_account(notifier: CommandLine) -> None:
    said = typed_on_a_terminal(notifier, PASSWORD, "something else")
    assert "the two are not the same, and nothing was changed" in said
    assert notifier("users", "list").stdout == ""


def typed_on_a_terminal(notifier: CommandLine, *passwords: str) -> str:
    """Run the command on a terminal of its own and type at each question; return all that was shown."""
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "notifier", *MADE[:-1]]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, start_new_session=True) as running:
        os.close(its)
        shown = b""
        for number, password in enumerate(passwords, start=1):
            while shown.count(b": ") < number:
                shown += os.read(ours, 1000)
            os.write(ours, f"{password}\n".encode())
        while part := _read(ours):
            shown += part
        running.wait(60)
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1000)
    except OSError:  # a terminal that nobody has open any more
        return b""


def test_without_a_terminal_the_password_comes_by_standard_input(notifier: CommandLine) -> None:
    refused = notifier(*MADE[:-1], given=PASSWORD)
    assert refused.exit_code == 2
    assert "give the password with --password-stdin" in refused.stderr


def signed_in(notifier: CommandLine) -> int:
    with looking(notifier) as tx:
        return len(tx.all(select(sign_ins)))


def sign_in(notifier: CommandLine) -> None:
    with looking(notifier) as tx:
        row = accounts.named(tx, "Sgt Reid")
        assert row is not None
        accounts.sign_in(tx, row.pk, at("Wed 1 Apr 2026 14:00"))


def test_a_change_holds_and_both_forces_see_it_in_the_log(notifier: CommandLine) -> None:
    notifier(*MADE, given=PASSWORD)
    changed = notifier("users", "change", "Sgt Reid", "--role", "admin", "--force", "Southmoor Police")
    assert (changed.exit_code, changed.stdout) == (0, "Sgt Reid is changed\n")
    assert (account(notifier).role, account(notifier).force) == ("admin", "Southmoor Police")
    assert [line[1:] for line in logged(notifier)[1:]] == [
        ("changed an account", "Sgt Reid", FORCE),
        ("changed an account", "Sgt Reid", "Southmoor Police"),
    ]
    assert notifier("users", "change", "Sgt Reid", "--all-forces", "--staff-id", "sup-2").exit_code == 0
    row = account(notifier)
    assert (row.role, row.force, row.staff_id) == ("admin", None, "sup-2")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to change"),
        (("--force", FORCE, "--all-forces"), "give either --force or --all-forces"),
        (("--role", "owner"), "'owner' is not one of 'viewer', 'officer', 'supervisor', 'admin'"),
    ],
)
def test_a_change_that_says_nothing_is_wrong_usage(
    notifier: CommandLine, arguments: tuple[str, ...], said: str
) -> None:
    notifier(*MADE, given=PASSWORD)
    refused = notifier("users", "change", "Sgt Reid", *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_another_password_signs_out_and_unlocks(notifier: CommandLine) -> None:
    notifier(*MADE, given=PASSWORD)
    sign_in(notifier)
    lock(notifier)
    changed = notifier("users", "password", "Sgt Reid", "--password-stdin", given="another long one")
    assert (changed.exit_code, changed.stdout) == (0, "Sgt Reid has another password\n")
    row = account(notifier)
    assert fits(row.password_hash, "another long one")
    assert (row.failures, row.locked_until, signed_in(notifier)) == (0, None, 0)
    assert logged(notifier)[-1][1] == "changed a password"


def lock(notifier: CommandLine) -> None:
    with looking(notifier) as tx:
        row = accounts.named(tx, "Sgt Reid")
        assert row is not None
        accounts.change(tx, row.pk, failures=5, locked_until=at("Wed 1 Apr 2099 14:00"))


def test_a_locked_account_is_let_try_again(notifier: CommandLine) -> None:
    notifier(*MADE, given=PASSWORD)
    lock(notifier)
    assert ", locked until 2099-04-01T14:00:00+01:00" in notifier("users", "list").stdout
    assert notifier("users", "unlock", "Sgt Reid").stdout == "Sgt Reid may try again\n"
    assert (account(notifier).failures, account(notifier).locked_until) == (0, None)
    assert logged(notifier)[-1][1] == "unlocked an account"


def test_an_ended_account_is_signed_out_and_stays_ended(notifier: CommandLine) -> None:
    notifier(*MADE, given=PASSWORD)
    sign_in(notifier)
    assert notifier.records("users", "end", "Sgt Reid") == [{"name": "Sgt Reid", "ended": True}]
    assert signed_in(notifier) == 0
    assert logged(notifier)[-1][1:] == ("ended an account", "Sgt Reid", FORCE)
    assert ", ended 2" in notifier("users", "list").stdout
    for command in (
        *(("end",), ("unlock",), ("change", "--role", "viewer")),
        ("password", "--password-stdin"),
    ):
        again = notifier("users", command[0], "Sgt Reid", *command[1:], given=PASSWORD)
        assert again.exit_code == 1
        assert "no account in use is named Sgt Reid; `notifier users list` shows them" in again.stderr


def test_what_an_identity_provider_says_is_not_changed_here(notifier: CommandLine) -> None:
    notifier("users", "list")  # makes the tables
    with looking(notifier) as tx:
        accounts.add(
            tx, "Priya", AccountRole.OFFICER, at("Wed 1 Apr 2026 14:00"), force=FORCE,
            issuer="https://sign-in.example", subject="42",
        )  # fmt: skip
    assert "signs in by https://sign-in.example" in notifier("users", "list").stdout
    refused = notifier("users", "change", "Priya", "--role", "admin")
    assert refused.exit_code == 1
    assert "change it there; `notifier users end` ends it here" in refused.stderr
    assert notifier("users", "end", "Priya").exit_code == 0
