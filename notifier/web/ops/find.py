"""Pages about finding a case, a task or a message."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
