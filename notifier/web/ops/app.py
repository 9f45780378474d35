"""The operations room as a part of the web: its pages, each for somebody who is signed in."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from notifier.web.ops import (
    assets,
    case,
    contact_plan,
    duties,
    failures,
    find,
    held,
    log,
    oidc,
    problems,
    sign_in,
    templates,
    today,
    work,
)
from notifier.web.ops.signed_in import require_staff
from notifier.wiring import Services

PAGES = (
    *(assets, sign_in, oidc, today, work, case, find),
    *(contact_plan, failures, held, duties, templates, log),
)
"""The modules with the pages, each with its ``routes``."""


def create_ops(services: Services | None) -> FastAPI:
    """Return the pages over ``services``; without them the routes can be read, and nothing is opened."""
    app = FastAPI(
        title="Notifier, operations room",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(require_staff)],
    )
    app.state.services = services
    app.state.identity_provider = None
    if services is not None:
        oidc.install(app, services)
    problems.install(app)
    for part in PAGES:
        app.include_router(part.routes)
    return app
