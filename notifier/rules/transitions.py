"""How an attempt's state may move: only forward, and a contradiction that matters is acted on."""

from __future__ import annotations

from notifier.records import AttemptState

_S = AttemptState

_FORWARD: dict[AttemptState, frozenset[AttemptState]] = {
    _S.DISPATCHING: frozenset(set(_S) - {_S.DISPATCHING}),
    # A provider settles an unknown outcome by a callback or when it is asked.
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.DELIVERED, _S.CONFIRMED, _S.FAILED, _S.DEFERRED, _S.UNCONFIRMED}),
    _S.ACCEPTED: frozenset({_S.DELIVERED, _S.CONFIRMED, _S.UNCONFIRMED, _S.FAILED}),
    _S.UNCONFIRMED: frozenset({_S.DELIVERED, _S.CONFIRMED, _S.FAILED}),
    # A bounce after "delivered" is a contradiction on which we act.
    _S.DELIVERED: frozenset({_S.CONFIRMED, _S.FAILED}),
    _S.CONFIRMED: frozenset(),
    # A worker that was held for dead may have called its provider after all.
    _S.DEFERRED: frozenset({_S.ACCEPTED, _S.DELIVERED, _S.CONFIRMED}),
    _S.FAILED: frozenset(),
}


def may_move(current: AttemptState, new: AttemptState) -> bool:
    """Tell whether an attempt in ``current`` becomes ``new``; if not, the receipt is only kept."""
    return new in _FORWARD[current]
