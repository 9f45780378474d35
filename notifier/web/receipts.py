"""``POST /receipts/{channel}``: what providers say became of a message, believed once it is verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from notifier.documents import is_text
from notifier.records import ChannelName, Receipt, ReceiptRequest
from notifier.web.answers import busy
from notifier.web.auth import services_of
from notifier.web.batches import Batches, Full
from notifier.web.body import media_type, read, text_of
from notifier.wiring import Services

_FORM = "application/x-www-form-urlencoded"
_SHORT = 8_192  # bytes; what is longer is read in a thread, so that it keeps nobody waiting


async def post_receipt(channel: str, request: Request) -> Response:
    """Apply the receipts of one request; 204 says that they are committed."""
    body, services = await read(request), await services_of(request)
    receive = partial(_receipts, channel, request, body, services)
    name, receipts = receive() if len(body) <= _SHORT else await run_in_threadpool(receive)
    batches: Mapping[ChannelName, Batches] = request.app.state.batches
    try:
        await batches[name].add(receipts)
    except Full:
        words = "more receipts wait here than can be applied soon; this one was not kept, send it again"
        raise busy(words) from None
    return Response(status_code=HTTPStatus.NO_CONTENT)


def batches_of(services: Services) -> dict[ChannelName, Batches]:
    """Return what commits the receipts of each channel."""

    def commit(channel: ChannelName, receipts: Sequence[Receipt]) -> None:
        services.path.receive(channel, receipts, services.clock.now())

    return {channel: Batches(partial(commit, channel)) for channel in services.channels}


def _receipts(
    channel: str, request: Request, body: bytes, services: Services
) -> tuple[ChannelName, list[Receipt]]:
    name, brought = verified(channel, request, body, services)
    try:
        receipts = services.channels[name].parse_receipt(brought)
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "this is no receipt of this channel") from None
    if not all(_fits(receipt) for receipt in receipts):
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, "a name or code in this receipt is none that was ever given"
        )
    return name, receipts


def _fits(receipt: Receipt) -> bool:
    """Tell whether the database can hold or look up what the receipt names: a provider may err too."""
    names = ((receipt.attempt_ref, 100), (receipt.provider_id, 100), (receipt.code, 50))
    return all(name is None or (len(name) <= most and is_text(name)) for name, most in names)


def verified(
    channel: str, request: Request, body: bytes, services: Services
) -> tuple[ChannelName, ReceiptRequest]:
    """Return what a provider brought, once it is known that it did; the answer is 403 or 404 otherwise."""
    if channel not in services.channels:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no channel of this name")
    name = ChannelName(channel)
    brought = _brought(request, body, services.settings.public_url)
    if not services.channels[name].verify_receipt(brought):
        raise HTTPException(HTTPStatus.FORBIDDEN, "the signature is missing or wrong")
    return name, brought


def _brought(request: Request, body: bytes, public_url: str | None) -> ReceiptRequest:
    """Return the request as the provider sent it: to our public address, which a proxy may have changed."""
    base = public_url or str(request.base_url).rstrip("/")
    query = request.scope["query_string"].decode("latin-1")
    url = f"{base}{request.scope['path']}{'?' if query else ''}{query}"
    form = parse_qsl(text_of(body), keep_blank_values=True) if media_type(request) == _FORM else ()
    return ReceiptRequest(url, dict(request.headers), body, dict(form))
