"""A request's body, read before the route that works on it in a thread."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request

_LARGEST = 5_000_000


async def read(request: Request) -> bytes:
    """Return the whole body; the answer is 413 where it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            words = f"the body is larger than {_LARGEST:,} bytes; send it in several"
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words)
    return bytes(body)


Body = Annotated[bytes, Depends(read)]


def media_type(request: Request) -> str:
    """Return the content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def text_of(body: bytes) -> str:
    """Return the body as text; what is not UTF-8 becomes a mark that no JSON reader accepts."""
    return body.decode(errors="backslashreplace")
