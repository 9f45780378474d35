"""``GET /v1/facts``: what became of a publisher's own events."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import JSONResponse, Response

from notifier.facts import facts_of
from notifier.web.auth import Parts, Source

_LARGEST_CURSOR = 2**63 - 1


def get_facts(
    services: Parts,
    source: Source,
    after: Annotated[int, Query(ge=0, le=_LARGEST_CURSOR)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """Return the facts after a cursor that are about the caller's own events and cases, and ``next``.

    Others' facts have their places in the order too, so a page may be short or empty; the end is where
    ``next`` is ``after``.
    """
    with services.store.begin() as tx:
        own, cursor = facts_of(tx, source, after, limit)
    return JSONResponse({"facts": own, "next": cursor})
