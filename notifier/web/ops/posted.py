"""The fields of a form of which several may have one name, or whose names depend on what is shown."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import ImmutableMultiDict

from notifier import documents

_ODD = "a field holds a character that cannot be kept; type it anew"


async def _posted(request: Request) -> ImmutableMultiDict[str, str]:
    form = await request.form()
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if not all(documents.is_text(value) for _, value in fields):
        raise HTTPException(HTTPStatus.BAD_REQUEST, _ODD)
    return ImmutableMultiDict(fields)


Fields = Annotated["ImmutableMultiDict[str, str]", Depends(_posted)]
"""What a browser sent; files are left out."""
