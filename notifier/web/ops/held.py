"""Pages about what is held."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
