"""What GOV.UK Notify's statuses and errors mean to us.

Source: Notify's REST API documentation, "Status" and "Error codes" of each message type, and "Callbacks".
"""

from __future__ import annotations

from http import HTTPStatus

from notifier.records import AttemptState, FailureReason, Form, SendResult

_ACCEPTED, _FAILED, _DEFERRED = AttemptState.ACCEPTED, AttemptState.FAILED, AttemptState.DEFERRED
_R = FailureReason

_STATES: dict[str, tuple[AttemptState, FailureReason | None]] = {
    "created": (_ACCEPTED, None),
    "sending": (_ACCEPTED, None),
    "pending": (_ACCEPTED, None),  # the network answered, the handset has not
    "sent": (_ACCEPTED, None),  # abroad, where nobody tells more
    "delivered": (AttemptState.DELIVERED, None),
    "permanent-failure": (_FAILED, _R.BAD_ADDRESS),
    "temporary-failure": (_FAILED, _R.UNREACHABLE),  # off, no signal, mailbox full
    "technical-failure": (_FAILED, _R.PROVIDER),  # between Notify and its own provider
    # Letters.
    "pending-virus-check": (_ACCEPTED, None),
    "accepted": (_ACCEPTED, None),  # is to be printed
    "received": (_ACCEPTED, None),  # was printed and posted
    "cancelled": (_FAILED, _R.NOT_OURS),
    "validation-failed": (_FAILED, _R.UNPRINTABLE),
    "virus-scan-failed": (_FAILED, _R.UNPRINTABLE),
}
_STATES_OF_LETTERS = {**_STATES, "permanent-failure": (_FAILED, _R.UNPRINTABLE)}

_ERRORS: dict[tuple[int, str], tuple[AttemptState, FailureReason]] = {
    (400, "ValidationError"): (_FAILED, _R.BAD_ADDRESS),
    (400, "BadRequestError"): (_FAILED, _R.NOT_OURS),  # trial mode, a team's key, a wrong sender or template
    (429, "RateLimitError"): (_DEFERRED, _R.PROVIDER),  # too many in this minute
    (429, "TooManyRequestsError"): (_DEFERRED, _R.NOT_OURS),  # the day's limit of the service is reached
}
# Not about the address: a wrong setting must close no victim's contact point.
_OUR_FIELDS = ("template_id", "personalisation", "reference", "sms_sender_id", "Additional properties")


def meaning(status: str, form: Form) -> tuple[AttemptState, FailureReason | None] | None:
    """Return what a status says became of a message; ``None`` for one that we do not know."""
    return (_STATES_OF_LETTERS if form is Form.LETTER else _STATES).get(status)


def refusal(status: int, errors: object) -> SendResult:
    """Return what an error answer means: a 4xx that nothing went out, anything else leaves it open.

    ``errors`` is what Notify listed, ``{"error", "message"}`` each.
    """
    kind, words = _first(errors)
    code = f"{status} {kind}".strip()[:50]
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return SendResult(AttemptState.UNKNOWN, code=code, reason=_R.PROVIDER)
    state, reason = _ERRORS.get(
        (status, kind), (_DEFERRED, _R.PROVIDER) if status == 429 else (_FAILED, None)
    )
    if reason is _R.BAD_ADDRESS and words.startswith(_OUR_FIELDS):
        reason = _R.NOT_OURS
    return SendResult(state, code=code, reason=reason or _of_status(status))


def _of_status(status: int) -> FailureReason:
    """A key that is wrong or may not, a template that is not there; another 4xx is unknown."""
    return _R.NOT_OURS if status in (401, 403, 404) else _R.UNKNOWN


def _first(errors: object) -> tuple[str, str]:
    first = errors[0] if isinstance(errors, list) and errors else {}
    if not isinstance(first, dict):
        return "", ""
    return str(first.get("error", "")), str(first.get("message", ""))
