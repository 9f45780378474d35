"""``POST /inbound/{channel}``: what people send back, brought by a provider and believed once verified."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import HTTPException, Request
from fastapi.responses import Response

from notifier.web.auth import Parts
from notifier.web.body import Body
from notifier.web.receipts import verified

# Twilio sends what it is given here to the person; the answer to her goes as a message of its own, which is
# on record. Providers that expect nothing pass it over.
_SAY_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def post_inbound(channel: str, request: Request, body: Body, services: Parts) -> Response:
    """Take in the replies of one request; 200 says that they are committed."""
    name, brought = verified(channel, request, body, services)
    try:
        replies = services.channels[name].parse_reply(brought)
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "this is no reply of this channel") from None
    services.path.hear(replies, services.clock.now())
    return Response(_SAY_NOTHING, HTTPStatus.OK, media_type="text/xml")
