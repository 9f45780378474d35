"""``POST /v1/check``: verdicts on addresses and texts, as `notifier check` gives them."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from notifier.addresses import check_line
from notifier.rules.policy import Policy
from notifier.web.auth import Parts
from notifier.web.body import Body, media_type, text_of

JSON, JSON_LINES = "application/json", "application/jsonl"


def post_check(request: Request, body: Body, services: Parts) -> Response:
    """Return the verdict on one JSON object (``application/json``), else one for each line of the body."""
    text = text_of(body)
    if media_type(request) == JSON:
        return _answer(_verdict(text, services.policy), JSON)
    verdicts = [_verdict(line, services.policy) for line in text.split("\n") if line.strip()]
    return _answer("".join(f"{verdict}\n" for verdict in verdicts), JSON_LINES)


def _answer(text: str, kind: str) -> Response:
    return Response(text.encode(errors="replace"), media_type=kind)  # half of a character may be asked about


def _verdict(line: str, policy: Policy) -> str:
    return json.dumps(_checked(line, policy), ensure_ascii=False)


def _checked(line: str, policy: Policy) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {"ok": False, "reason": "the line is not JSON"}
    return check_line(
        row,
        allow_international=policy.channels.allow_international,
        allow_foreign_post=policy.channels.allow_foreign_post,
    )
