"""``GET /v1/openapi.json``: the HTTP doors described as OpenAPI, for callers who hold a key."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from notifier.event_types import EVENT_TYPES
from notifier.schema import definitions
from notifier.web import check, events
from notifier.web.auth import WITHOUT_KEY

_COMPONENTS = "#/components/schemas/"
_FORM = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}


def get_openapi(request: Request) -> Response:
    """Return the description of what can be called here."""
    return JSONResponse(describe(request.app))


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``: FastAPI's own, with the bodies that routes read themselves."""
    described = app.openapi()
    for path, content in _bodies().items():
        described["paths"][path]["post"]["requestBody"] = {"required": True, "content": content}
    for path, methods in described["paths"].items():
        for operation in methods.values():
            operation["security"] = [] if path in WITHOUT_KEY else [{"key": []}]
    components = described.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    components["schemas"] = {**components.get("schemas", {}), **definitions(f"{_COMPONENTS}{{model}}")}
    return described


def _bodies() -> dict[str, dict[str, Any]]:
    event = {"oneOf": [{"$ref": f"{_COMPONENTS}{name}"} for name in EVENT_TYPES]}
    batch = {"type": "array", "items": event, "maxItems": events.MOST_EVENTS}
    receipt = {
        **_FORM,
        "application/json": {"schema": {"type": "object"}},
        "message/rfc822": {"schema": {"type": "string"}},
    }
    return {
        "/v1/events": {events.ONE: {"schema": event}, events.BATCH: {"schema": batch}},
        "/v1/check": {check.JSON: {"schema": _QUESTION}, check.JSON_LINES: {"schema": {"type": "string"}}},
        "/receipts/{channel}": receipt,
        "/inbound/{channel}": receipt,
    }


_QUESTION = {
    "type": "object",
    "required": ["channel"],
    "properties": {
        "channel": {"enum": ["sms", "email", "letter", "call"]},
        "address": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "text": {"type": "string"},
    },
}
