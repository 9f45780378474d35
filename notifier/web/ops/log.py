"""Pages about the log of who looked at what."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
