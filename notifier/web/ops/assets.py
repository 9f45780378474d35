"""Styles and scripts: our own sheet, and the htmx that a package carries."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from notifier.web.ops.problems import NotThere

_DAY = {"Cache-Control": "public, max-age=86400"}
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

routes = APIRouter()


@routes.get("/static/{name}")
def get_static(name: str) -> Response:
    """Return a file that the pages need."""
    file = _files().get(name)
    if file is None:
        raise NotThere
    return Response(file.read_bytes(), media_type=_KINDS[file.suffix], headers=_DAY)


@cache
def _files() -> dict[str, Path]:
    own = {file.name: file for file in Path(__file__).with_name("static").iterdir() if file.suffix in _KINDS}
    return {**own, "htmx.js": _htmx()}


def _htmx() -> Path:
    """Return htmx as `django-htmx` carries it: a package on the index that is kept up to date."""
    spec = find_spec("django_htmx")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("static") / "django_htmx" / "htmx-2.min.js"
