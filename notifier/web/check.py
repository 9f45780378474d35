"""``POST /v1/check``: verdicts on addresses and texts, as `notifier check` gives them."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from notifier.addresses import check_line
from notifier.rules.policy import Policy
from notifier.web.auth import Parts
from notifier.web.body import Body, media_type, text_of

JSON_LINES = "application/jsonl"


def post_check(request: Request, body: Body, services: Parts) -> Response:
    """Return the verdict on one JSON object (``application/json``), else one for each line of the body."""
    text = text_of(body)
    if media_type(request) == "application/json":
        return JSONResponse(_verdict(text, services.policy))
    verdicts = [_verdict(line, services.policy) for line in text.split("\n") if line.strip()]
    lines = "".join(json.dumps(verdict, ensure_ascii=False) + "\n" for verdict in verdicts)
    return Response(lines.encode(errors="replace"), media_type=JSON_LINES)


def _verdict(line: str, policy: Policy) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {"ok": False, "reason": "the line is not JSON"}
    return check_line(
        row,
        allow_international=policy.channels.allow_international,
        allow_foreign_post=policy.channels.allow_foreign_post,
    )
