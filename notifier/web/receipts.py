"""``POST /receipts/{channel}``: what providers say became of a message, believed once it is verified."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from fastapi.responses import Response

from notifier.records import ChannelName, ReceiptRequest
from notifier.web.auth import Parts
from notifier.web.body import Body, media_type, text_of

_FORM = "application/x-www-form-urlencoded"


def post_receipt(channel: str, request: Request, body: Body, services: Parts) -> Response:
    """Apply the receipts of one request; 204 says that they are committed."""
    if channel not in services.channels:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no channel of this name")
    name = ChannelName(channel)
    brought = _brought(request, body, services.settings.public_url)
    if not services.channels[name].verify_receipt(brought):
        raise HTTPException(HTTPStatus.FORBIDDEN, "the signature is missing or wrong")
    try:
        receipts = services.channels[name].parse_receipt(brought)
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "this is no receipt of this channel") from None
    services.path.receive(name, receipts, services.clock.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _brought(request: Request, body: bytes, public_url: str | None) -> ReceiptRequest:
    """Return the request as the provider sent it: to our public address, which a proxy may have changed."""
    base = public_url or str(request.base_url).rstrip("/")
    query = f"?{request.url.query}" if request.url.query else ""
    form = parse_qsl(text_of(body), keep_blank_values=True) if media_type(request) == _FORM else ()
    return ReceiptRequest(f"{base}{request.url.path}{query}", dict(request.headers), body, dict(form))
