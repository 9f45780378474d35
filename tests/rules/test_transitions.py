from __future__ import annotations

import pytest

from notifier.records import AttemptState
from notifier.rules.transitions import may_move

S = AttemptState


@pytest.mark.parametrize(
    ("current", "new", "expected", "reason"),
    [
        (S.DISPATCHING, S.ACCEPTED, True, "the provider took it"),
        (S.DISPATCHING, S.DELIVERED, True, "a receipt may be faster than the answer"),
        (S.DISPATCHING, S.UNKNOWN, True, "the connection broke"),
        (S.DISPATCHING, S.DEFERRED, True, "a temporary failure"),
        (S.ACCEPTED, S.DELIVERED, True, "it arrived"),
        (S.ACCEPTED, S.FAILED, True, "it could not be delivered"),
        (S.ACCEPTED, S.UNCONFIRMED, True, "no receipt in time"),
        (S.ACCEPTED, S.ACCEPTED, False, "the same again"),
        (S.ACCEPTED, S.DISPATCHING, False, "never back"),
        (S.ACCEPTED, S.UNKNOWN, False, "what is known stays known"),
        (S.UNKNOWN, S.ACCEPTED, True, "the provider says that it has it"),
        (S.UNKNOWN, S.DELIVERED, True, "a receipt settles it"),
        (S.UNKNOWN, S.DEFERRED, True, "it certainly never went out"),
        (S.UNCONFIRMED, S.DELIVERED, True, "a late receipt"),
        (S.UNCONFIRMED, S.FAILED, True, "a late failure"),
        (S.UNCONFIRMED, S.ACCEPTED, False, "never back"),
        (S.DELIVERED, S.CONFIRMED, True, "and she answered"),
        (S.DELIVERED, S.FAILED, True, "a bounce after 'delivered' is acted on"),
        (S.DELIVERED, S.ACCEPTED, False, "receipts come in any order"),
        (S.DELIVERED, S.UNCONFIRMED, False, "it is confirmed"),
        (S.CONFIRMED, S.FAILED, False, "she answered: nothing is stronger"),
        (S.FAILED, S.DELIVERED, False, "the next channel was used already"),
        (S.DEFERRED, S.DELIVERED, True, "who was held for dead had called the provider after all"),
        (S.DEFERRED, S.FAILED, False, "it was refused; the next try is another attempt"),
    ],
)
def test_moves(current: AttemptState, new: AttemptState, expected: bool, reason: str) -> None:
    assert may_move(current, new) is expected, reason


def test_no_state_follows_itself_so_a_repeat_changes_nothing() -> None:
    assert not [state for state in S if may_move(state, state)]


def test_nothing_goes_back_to_the_worker() -> None:
    assert not [state for state in S if may_move(state, S.DISPATCHING)]


def test_every_state_can_be_reached() -> None:
    reached, front = {S.DISPATCHING}, {S.DISPATCHING}
    while front:
        front = {new for new in S for current in front if may_move(current, new)} - reached
        reached |= front
    assert reached == set(S)


def test_no_two_states_follow_each_other_in_turn_but_by_way_of_more_knowledge() -> None:
    circles = {(a, b) for a in S for b in S if may_move(a, b) and may_move(b, a)}
    assert circles == set()
