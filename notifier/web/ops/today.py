"""*Today*: what is red, what is due next, and how the service is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from notifier.web.auth import Parts
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import Staff

routes = APIRouter()


@routes.get("/")
def get_today(request: Request, services: Parts, account: Staff) -> Response:
    """Show the day."""
    return page(request, "today.html")
