"""Pages about failures."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
