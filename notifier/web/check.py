"""``POST /v1/check``: verdicts on addresses and texts, as `notifier check` gives them."""

from __future__ import annotations

import json
from http import HTTPStatus

from fastapi import HTTPException, Request
from fastapi.responses import Response

from notifier.addresses import check_json
from notifier.rules.policy import Policy
from notifier.web.auth import Parts
from notifier.web.body import Body, media_type

JSON, JSON_LINES = "application/json", "application/jsonl"
MOST_LINES = 10_000  # some seconds of one processor


def post_check(request: Request, body: Body, services: Parts) -> Response:
    """Return the verdict on one JSON object (``application/json``), else one for each line of the body."""
    policy = services.policies.of(None, services.clock.now())
    if media_type(request) == JSON:
        return _answer(_verdict(body, policy), JSON)
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) > MOST_LINES:
        words = f"a request holds at most {MOST_LINES:,} lines; send several"
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words)
    return _answer("".join(f"{_verdict(line, policy)}\n" for line in lines), JSON_LINES)


def _answer(text: str, kind: str) -> Response:
    # Half of a character pair, which may be asked about, goes out as its JSON escape.
    return Response(text.encode(errors="backslashreplace"), media_type=kind)


def _verdict(line: bytes, policy: Policy) -> str:
    verdict = check_json(
        line,
        allow_international=policy.channels.allow_international,
        allow_foreign_post=policy.channels.allow_foreign_post,
    )
    return json.dumps(verdict, ensure_ascii=False)
