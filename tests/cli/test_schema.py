"""`notifier schema`: one JSON document on standard output, and nothing else is needed."""

from __future__ import annotations

import json

from notifier.asyncapi import asyncapi_document
from notifier.schema import json_schema
from tests.cli.conftest import CommandLine


def test_the_json_schema_is_one_document(notifier: CommandLine) -> None:
    result = notifier("schema")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == json_schema()


def test_the_asyncapi_document_is_another(notifier: CommandLine) -> None:
    result = notifier("schema", "--asyncapi")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == asyncapi_document()


def test_nothing_is_opened_or_made(notifier: CommandLine) -> None:
    notifier("schema", "--asyncapi")
    assert list(notifier.home.iterdir()) == []
