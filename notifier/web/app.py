"""The HTTP doors: which path leads where."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from notifier.web import answers
from notifier.web.auth import OpenRoute, require_key
from notifier.web.check import post_check
from notifier.web.description import get_openapi
from notifier.web.events import post_events
from notifier.web.facts import get_facts
from notifier.web.health import healthz, readyz
from notifier.web.inbound import post_inbound
from notifier.web.metrics import get_metrics
from notifier.web.ops.app import create_ops
from notifier.web.receipts import batches_of, post_receipt
from notifier.wiring import Services


def create_app(services: Services | None = None) -> FastAPI:
    """Return the web over ``services``; without them its routes can be read, and nothing is opened."""
    app = FastAPI(
        title="Notifier",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(require_key)],
    )
    app.state.services = services
    app.state.batches = batches_of(services) if services else {}
    answers.install(app)
    app.add_api_route("/v1/events", post_events, methods=["POST"])
    app.add_api_route("/v1/facts", get_facts, methods=["GET"])
    app.add_api_route("/v1/check", post_check, methods=["POST"])
    app.add_api_route("/v1/openapi.json", get_openapi, methods=["GET"])
    app.router.add_api_route(
        "/receipts/{channel}", post_receipt, methods=["POST"], route_class_override=OpenRoute
    )
    app.add_api_route("/inbound/{channel}", post_inbound, methods=["POST"])
    app.add_api_route("/healthz", healthz, methods=["GET"])
    app.add_api_route("/readyz", readyz, methods=["GET"])
    app.add_api_route("/metrics", get_metrics, methods=["GET"])
    app.mount("/ops", create_ops(services))  # it asks for somebody signed in, not for a publisher's key
    return app
