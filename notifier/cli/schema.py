"""The contract for publishers, printed for their programs."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def schema(
    asyncapi: Annotated[
        bool, typer.Option("--asyncapi", help="AsyncAPI 3.0: also the queue, the HTTP door and the facts.")
    ] = False,
) -> None:
    """Print the contract for publishers.

    A JSON Schema (2020-12) of the events that are taken in, one JSON document; with --asyncapi also where
    they are put and what this service tells other programs.

    \b
    Example:
      notifier schema > events.schema.json
    """
    if asyncapi:
        from notifier.asyncapi import asyncapi_document as document
    else:
        from notifier.schema import json_schema as document
    print(json.dumps(document(), ensure_ascii=False, indent=2))
