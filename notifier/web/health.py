"""``/healthz``: is the process alive; ``/readyz``: can it do its work."""

from __future__ import annotations

from http import HTTPStatus

import redis
from fastapi.responses import JSONResponse, Response

from notifier.web.answers import error
from notifier.web.auth import Parts
from notifier.wiring import asking_redis


async def healthz() -> Response:
    """Answer."""
    return JSONResponse({"alive": True})


def readyz(services: Parts) -> Response:
    """Answer 200 where the database, and Redis where one is set, answer; else 503 with what does not."""
    services.store.check()
    url = services.settings.redis_url
    if url is not None and not _answers(url):
        return error(HTTPStatus.SERVICE_UNAVAILABLE, "Redis does not answer; nothing was lost")
    return JSONResponse({"ready": True})


def _answers(url: str) -> bool:
    with asking_redis(url) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
