"""Notes of what is in hand: they are there while their process lives, and read once it died."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from notifier.in_hand import InHand


@pytest.fixture
def notes(tmp_path: Path) -> InHand:
    return InHand(tmp_path / "in-hand")


def dies_with(notes: InHand, *keys: int) -> None:
    """Have a process of its own killed with these keys in hand."""
    child = os.fork()
    if child == 0:
        with notes.noting() as note:
            note((99,))
            note(keys)
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_what_the_dead_had_in_hand_is_read_once(notes: InHand) -> None:
    dies_with(notes, 4, 2)
    assert list(notes.left_behind()) == [[2, 4]]
    assert list(notes.left_behind()) == []


def test_what_the_living_have_in_hand_is_theirs_and_gone_when_they_are_done(
    notes: InHand, tmp_path: Path
) -> None:
    with suppress(ZeroDivisionError), notes.noting() as note:
        note((1,))
        assert list(InHand(tmp_path / "in-hand").left_behind()) == []
        assert len(list((tmp_path / "in-hand").iterdir())) == 1
        raise ZeroDivisionError
    assert list((tmp_path / "in-hand").iterdir()) == []


def test_a_note_that_could_not_be_dealt_with_is_read_again(notes: InHand) -> None:
    dies_with(notes, 7)
    with suppress(ZeroDivisionError):
        for _ in notes.left_behind():
            raise ZeroDivisionError
    assert list(notes.left_behind()) == [[7]]


@pytest.mark.parametrize("written", ["", "\0\0\0", "[1,"])
def test_a_note_that_is_not_whole_hinders_nobody(notes: InHand, tmp_path: Path, written: str) -> None:
    dies_with(notes, 3)
    (tmp_path / "in-hand" / "torn").write_text(written)
    assert list(notes.left_behind()) == [[3]]


def test_where_nothing_can_be_noted_the_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for notes in (InHand(), InHand(tmp_path / "file" / "in-hand")):
        with notes.noting() as note:
            note((1,))
            note((2,))
        assert list(notes.left_behind()) == []
