"""Pages about the contact plan."""

from __future__ import annotations

from fastapi import APIRouter

routes = APIRouter()
