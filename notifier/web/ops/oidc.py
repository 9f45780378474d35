"""Pages about signing in by OpenID Connect."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
