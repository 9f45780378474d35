"""``POST /v1/events``: the CloudEvents HTTP binding in structured, batched and binary form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import unquote

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, Response

from notifier import documents
from notifier.intake import OTHER_CONTENT, Outcome, Taken
from notifier.web.answers import error
from notifier.web.auth import Parts, Source
from notifier.web.body import Body, media_type, text_of

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOST_EVENTS = 1_000
_DOOR = "http"
_ATTRIBUTE = "ce-"
_TEXT_OR_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{},]', re.DOTALL)


def post_events(request: Request, body: Body, services: Parts, source: Source) -> Response:
    """Take one event or a batch in; 202 says that all that was accepted is committed."""
    kind = media_type(request)
    written = _batch(body) if kind == BATCH else [_document(request, body)]
    taken = services.path.take_in(written, services.clock.now(), door=_DOOR, source=source)
    return _about_batch(taken) if kind == BATCH else _about_one(taken[0], source)


def _document(request: Request, body: bytes) -> str:
    if media_type(request) == ONE:
        return text_of(body)
    if f"{_ATTRIBUTE}specversion" in request.headers:
        return _from_headers(request.headers, body)
    raise HTTPException(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send one event as {ONE}, or several in an array as {BATCH}"
    )


def _batch(body: bytes) -> list[str]:
    text = text_of(body).strip()
    if text[:1] != "[" or text[-1:] != "]":
        raise HTTPException(HTTPStatus.BAD_REQUEST, "a batch must be a JSON array of events")
    found = elements(text[1:-1])
    if len(found) > MOST_EVENTS:
        raise HTTPException(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a batch holds at most {MOST_EVENTS:,} events; send several"
        )
    return found


def elements(text: str) -> list[str]:
    """Split what stands between an array's brackets without reading it, so that each element is judged alone.

    Raises ``HTTPException`` where nobody can say where an element ends.
    """
    if not text.strip():
        return []
    found, begin, depth = [], 0, 0
    for token in _TEXT_OR_MARK.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[0] == "," and depth == 0:
            found.append(text[begin : token.start()])
            begin = token.end()
        if depth < 0:
            break
    if depth != 0:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body is not JSON: its brackets do not match")
    return [*found, text[begin:]]


def _from_headers(headers: Mapping[str, str], body: bytes) -> str:
    """Put together what the binary form spreads over headers (percent-encoded) and body."""
    data = text_of(body)
    if documents.is_too_large(data):
        return data
    _require_json(data)
    attributes = {
        name.removeprefix(_ATTRIBUTE): unquote(value)
        for name, value in headers.items()
        if name.startswith(_ATTRIBUTE)
    }
    return f'{json.dumps(attributes, ensure_ascii=False)[:-1]}, "data": {data}}}'


def _require_json(text: str) -> None:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None


def _about_one(taken: Taken, source: str) -> Response:
    if taken.outcome is not Outcome.REFUSED:
        return _accepted([taken])
    status = HTTPStatus.BAD_REQUEST
    if taken.source not in (None, source):
        status = HTTPStatus.FORBIDDEN
    elif taken.reason == OTHER_CONTENT:
        status = HTTPStatus.CONFLICT
    return error(status, taken.reason or "")


def _about_batch(taken: Sequence[Taken]) -> Response:
    if taken and all(one.outcome is Outcome.REFUSED for one in taken):
        words = "every event of the batch was refused: see the reason of each"
        answer = {"error": words, "outcomes": _outcomes(taken)}
        return JSONResponse(answer, HTTPStatus.BAD_REQUEST)
    return _accepted(taken)


def _accepted(taken: Sequence[Taken]) -> Response:
    return JSONResponse(_outcomes(taken), HTTPStatus.ACCEPTED)


def _outcomes(taken: Sequence[Taken]) -> list[dict[str, str | None]]:
    return [
        {"outcome": one.outcome, "source": one.source, "id": one.id, "reason": one.reason} for one in taken
    ]
