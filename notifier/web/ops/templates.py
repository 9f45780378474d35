"""Pages about templates."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
