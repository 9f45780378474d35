"""What a broken connection to a provider means."""

# requests ships no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from requests.exceptions import ConnectTimeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from notifier.channels.base import NO_CONNECTION
from notifier.records import AttemptState, FailureReason, SendResult


def of_broken(error: BaseException | None) -> SendResult:
    """Return what an error says of a sending: only a connection that never was is certain.

    An error of ``urllib3``, or one of ``requests``, which wraps it.
    """
    cause = getattr(error.args[0], "reason", None) if error is not None and error.args else None
    if isinstance(error, ConnectTimeoutError | ConnectTimeout) or isinstance(cause, NewConnectionError):
        return SendResult(AttemptState.DEFERRED, code=NO_CONNECTION, reason=FailureReason.PROVIDER)
    return SendResult(AttemptState.UNKNOWN, code="no_answer", reason=FailureReason.PROVIDER)
