"""The peer's door for callbacks."""

# twilio ships no types:
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Body, FastAPI, HTTPException, Request, Response
from sqlalchemy import update
from twilio.request_validator import RequestValidator

from bench.peer.model import PUBLIC_URL, Notice, sessions
from bench.settings import TOKEN

app = FastAPI()
_validator = RequestValidator(TOKEN)


@app.post("/receipts")
def receive(
    request: Request,
    notice: int,
    body: Annotated[bytes, Body(media_type="application/x-www-form-urlencoded")],
) -> Response:
    """Record what became of a notice; 204 says that it is committed."""
    form = dict(parse_qsl(body.decode()))
    url = f"{os.environ[PUBLIC_URL]}/receipts?{request.url.query}"
    if not _validator.validate(url, form, request.headers.get("x-twilio-signature", "")):
        raise HTTPException(403)
    values = {
        "state": form["MessageStatus"],
        "provider_id": form["MessageSid"],
        "changed_at": datetime.now(UTC),
    }
    with sessions()() as session:
        session.execute(update(Notice).where(Notice.pk == notice).values(**values))
        session.commit()
    return Response(status_code=204)
