"""Twilio's own HTTP client, made to keep silent and to give up in time."""

# twilio and requests ship no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from twilio.http.http_client import TwilioHttpClient

_CONNECT_SECONDS = 5.0


class SilentHttpClient(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """The SDK's client with another host, time-outs that hold, no retries, and no trace of what it sent."""

    def __init__(self, base_url: str, answer_seconds: float) -> None:
        super().__init__()
        self.timeout = (min(_CONNECT_SECONDS, answer_seconds), answer_seconds)
        self._base = urlsplit(base_url)
        # At DEBUG it logs paths, and the path of a list holds the number.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        """Send the request to the base URL's host."""
        here = urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc)
        try:
            return super().request(method, here.geturl(), *args, **options)
        finally:
            self._test_only_last_request = self._test_only_last_response = None

    def log_request(self, kwargs: Mapping[str, Any]) -> None:
        """Log nothing: the SDK would write number and text at INFO."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Log nothing."""
