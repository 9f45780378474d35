"""Pages about the work list."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
