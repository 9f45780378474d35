"""GOV.UK Notify behind any channel: one template for each form, and our own name for each attempt.

The template holds nothing but ``((subject))`` and ``((body))``: words are ours, and are checked here. Notify
finds a message by the name we gave it, so that after a time-out it can be asked exactly.
Source: Notify's REST API documentation, and its Python client 13.
"""

# the client says that it has types, and has none:
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import hmac
import json
import logging
import threading
from abc import abstractmethod
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings

from notifier.channels.base import Channel, Claimed, unclaimed
from notifier.environment import CONFIG, PREFIX, read_environment
from notifier.errors import SettingsError
from notifier.providers.connection import of_broken
from notifier.providers.notify_codes import meaning, refusal
from notifier.records import AttemptState, FailureReason, Message, Receipt, ReceiptRequest, SendResult

if TYPE_CHECKING:
    from notifications_python_client.errors import APIError
    from notifications_python_client.notifications import NotificationsAPIClient

_CONNECT_SECONDS = 5.0
_KEY_END = 73  # two UUIDs and the hyphen between: the service and its secret


def _api_key(value: SecretStr) -> SecretStr:
    try:
        UUID(value.get_secret_value()[-_KEY_END:-37])
        UUID(value.get_secret_value()[-36:])
    except ValueError:
        raise ValueError("is no key of GOV.UK Notify; copy it again from API integration") from None
    return value


class NotifySettings(BaseSettings):
    """Settings of GOV.UK Notify, for all its channels.

    ``notify_neutral_service`` says that the service's name, which emails and letters show, tells nothing;
    ``notify_sms_neutral_sender`` is the text message sender of which the same holds.
    """

    model_config = CONFIG

    notify_api_key: Annotated[SecretStr, AfterValidator(_api_key)]
    notify_base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+")] = (
        "https://api.notifications.service.gov.uk"
    )
    notify_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    notify_callback_token: Annotated[SecretStr, Field(min_length=10)] | None = None
    notify_sms_template: UUID | None = None
    notify_email_template: UUID | None = None
    notify_letter_template: UUID | None = None
    notify_sms_sender: UUID | None = None
    notify_sms_neutral_sender: UUID | None = None
    notify_neutral_service: bool = False


class Notify(Channel):
    """A channel by GOV.UK Notify: what its forms have in common."""

    spare: ClassVar[bool] = True
    look_up_after = timedelta(minutes=1)  # a request may take effect after we gave up on it

    def __init__(self) -> None:
        self._of_thread = threading.local()
        self._opened: list[NotificationsAPIClient] = []

    @abstractmethod
    def _post(self, message: Message, template: str) -> Any:
        """Hand the message to Notify and return its answer."""

    @abstractmethod
    def _unable(self, message: Message) -> str | None:
        """Return why Notify must not have this message: a code, or ``None``."""

    def send(self, message: Message) -> SendResult:
        """Hand ``message`` to Notify, unless it could not be told there as it must be.

        Raises ``SettingsError`` when the settings are missing or wrong.
        """
        template = self._template
        unable = self._unable(message)
        if unable is not None:
            return SendResult(AttemptState.FAILED, code=unable, reason=FailureReason.NOT_OURS)
        if message.good_until is not None and message.good_until <= message.created_at:
            return SendResult(AttemptState.DEFERRED, code="window_over")
        try:
            answer = self._post(message, template)
        except _api_error() as error:
            return _of_error(error)
        return SendResult(AttemptState.ACCEPTED, str(answer["id"]))

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Ask Notify what became of a message, by our name for it; it keeps them for a week.

        One that it does not know certainly never went out.
        """
        try:
            listed = self._client().get_all_notifications(reference=message.attempt_ref)["notifications"]
        except _api_error():
            return SendResult(AttemptState.UNKNOWN, reason=FailureReason.PROVIDER)
        if not listed:
            return SendResult(AttemptState.DEFERRED, code="not_found")
        status = listed[0]["status"]
        state, reason = meaning(status, self.facts.form) or (AttemptState.ACCEPTED, None)
        return SendResult(state, str(listed[0]["id"]), status if reason else None, reason)

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether the request carries the bearer token that was given to Notify."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return False  # most are another provider's, and Notify's settings may not be there
        try:
            token = self._settings.notify_callback_token
        except SettingsError:
            return False
        expected = "" if token is None else token.get_secret_value()
        return bool(expected) and hmac.compare_digest(given.strip().encode(), expected.encode())

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read a delivery receipt; a status that we do not know gives none."""
        told = read_body(request)
        status, name, ref = told.get("status"), told.get("id"), told.get("reference")
        if not isinstance(status, str) or not isinstance(name, str) or not isinstance(ref, str | None):
            raise ValueError("a receipt of GOV.UK Notify has id, reference and status")
        known = meaning(status, self.facts.form)
        if known is None:
            return []
        state, reason = known
        return [Receipt(state, ref, name, status if reason else None, reason)]

    def check(self) -> str | None:
        """Say what is wrong with the settings, or with key or template when Notify is asked for it."""
        try:
            self._client().get_template(self._template)
        except SettingsError as wrong:
            return str(wrong)
        except _api_error() as error:
            return _complaint(error, self._template_setting)
        return None

    def close(self) -> None:
        """Close the connections of all threads."""
        for client in self._opened:
            client.request_session.close()

    @cached_property
    def _settings(self) -> NotifySettings:
        return read_environment(NotifySettings)

    @property
    def _template_setting(self) -> str:
        return f"notify_{self.facts.name}_template"

    @property
    def _template(self) -> str:
        template: UUID | None = getattr(self._settings, self._template_setting)
        if template is None:
            name = f"{PREFIX}{self._template_setting.upper()}"
            raise SettingsError(f"{name} is missing: copy the template's ID from GOV.UK Notify")
        return str(template)

    def _client(self) -> Any:
        """Return this thread's client: it is not made to be shared."""
        if not hasattr(self._of_thread, "client"):
            self._of_thread.client = _new_client(self._settings)
            self._opened.append(self._of_thread.client)
        return self._of_thread.client


def _api_error() -> type[APIError]:
    """Return what Notify's client raises. It takes memory: only who sends by Notify loads it."""
    from notifications_python_client.errors import APIError

    return APIError


def _new_client(settings: NotifySettings) -> NotificationsAPIClient:
    from notifications_python_client.notifications import NotificationsAPIClient

    # It logs Notify's own words, which may quote an address; the other one logs paths at DEBUG.
    logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)
    seconds = settings.notify_timeout_seconds
    return NotificationsAPIClient(
        settings.notify_api_key.get_secret_value(),
        base_url=settings.notify_base_url,
        timeout=(min(_CONNECT_SECONDS, seconds), seconds),
    )


def _of_error(error: APIError) -> SendResult:
    """Return what a sending's error means; without an answer the client says 503, and the cause says more."""
    if error.response is None:
        return of_broken(error.__cause__)
    return refusal(error.status_code, error.message)


def _complaint(error: APIError, template_setting: str) -> str:
    if error.response is None:
        return f"GOV.UK Notify does not answer: check the network and {PREFIX}NOTIFY_BASE_URL"
    if error.status_code in (401, 403):
        return f"{PREFIX}NOTIFY_API_KEY is wrong, or this machine's clock is: copy the key again"
    if error.status_code in (400, 404):
        return f"{PREFIX}{template_setting.upper()} is no template of this service: copy its ID again"
    return "GOV.UK Notify answers with an error: see its status page, and try again later"


def read_body(request: ReceiptRequest) -> dict[str, Any]:
    """Return the JSON object that Notify posts; raises ``ValueError``."""
    told = json.loads(request.body)
    if not isinstance(told, dict):
        raise ValueError("GOV.UK Notify posts a JSON object")
    return told
