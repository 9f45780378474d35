"""The published contract: its schemas are sound, and agree with what the intake takes and refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier import facts
from notifier.asyncapi import FACTS, asyncapi_document
from notifier.event_types import EVENT_TYPES
from notifier.intake import OTHER_CONTENT, Outcome, take_in
from notifier.schema import Schema, about, definitions, json_schema
from notifier.schema_words import FIELDS
from notifier.settings import Settings
from notifier.store.engines import IN_MEMORY
from tests.builders import a_document, a_store, at
from tests.json_schema import SchemaReader
from tests.rooms.test_intake import REFUSALS

EXAMPLES = Path(__file__).parents[1] / "examples"
WHEN = "Wed 1 Apr 2026 09:30"
NOW = at("Wed 1 Apr 2026 10:00")
SCHEMA = json_schema()
ASYNCAPI = asyncapi_document()
BEYOND_A_SCHEMA = ("a level too deep", "far too deep", "U+0000", "half of", "more than a million")


def faults(document: Any) -> list[str]:
    return SchemaReader(SCHEMA).faults(document)


def intake_takes(document: Any) -> bool:
    with a_store(IN_MEMORY) as store, store.begin() as tx:
        (taken,) = take_in(tx, [json.dumps(document)], door="test", now=NOW)
    return taken.outcome is Outcome.ACCEPTED


def within(value: Any) -> Iterator[Schema]:
    """Yield every object inside a document, itself first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(inner)


def an_event(type_: str, /, **changes: Any) -> Any:
    """Return the sample of a type with other data; a field changed to ``...`` is left out."""
    document = a_document(type_, WHEN)
    data = {**document["data"], **EVENT_TYPES[type_].sample, **changes}
    return {**document, "data": {field: value for field, value in data.items() if value is not ...}}


@pytest.mark.parametrize("document", [SCHEMA, ASYNCAPI], ids=["json schema", "asyncapi"])
def test_every_reference_leads_somewhere(document: Schema) -> None:
    references = [each["$ref"] for each in within(document) if "$ref" in each]
    assert references
    for reference in references:
        assert SchemaReader(document).resolve(reference)


def test_every_definition_is_used() -> None:
    used = {each["$ref"].removeprefix("#/$defs/") for each in within(SCHEMA) if "$ref" in each}
    assert used == SCHEMA["$defs"].keys()


def test_every_type_has_an_example_that_is_right() -> None:
    for name in EVENT_TYPES:
        (example,) = SCHEMA["$defs"][name]["examples"]
        assert example["type"] == name
        assert faults(example) == []
        assert intake_takes(example)


def test_every_type_and_every_field_says_what_it_is() -> None:
    fields = {}
    for schema in SCHEMA["$defs"].values():
        assert all(schema["description"] for name in EVENT_TYPES if schema is SCHEMA["$defs"][name])
        fields.update({name: field for name, field in schema.get("properties", {}).items() if name != "data"})
    silent = [name for name, field in fields.items() if "description" not in field and "const" not in field]
    assert silent == [], "say it on the field, Field(description=...), or in schema_words.py"


def test_no_word_is_left_of_a_field_that_went() -> None:
    named = {name for schema in SCHEMA["$defs"].values() for name in schema.get("properties", {})}
    assert FIELDS.keys() - named == set()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("case.opened", "Recorded; victims are not told of it as such."),
        (
            "case.charged",
            "Victims are told within 5 working days (1 with enhanced rights) after it happened.",
        ),
        ("court.verdict", "Victims are told within 1 working day after it was published."),
        ("contact_scheme.offered", "Victims are told within 10 working days after it was published."),
        ("custody.released", "Victims are told at once, at any hour."),
    ],
)
def test_a_type_says_by_when_it_is_told(name: str, says: str) -> None:
    assert about(EVENT_TYPES[name]) == says


@pytest.mark.parametrize(("file", "some_wrong"), [("day.jsonl", True), ("one-case.jsonl", False)])
def test_schema_and_intake_agree_on_the_examples(file: str, some_wrong: bool) -> None:
    lines = (EXAMPLES / file).read_text().splitlines()
    with a_store(IN_MEMORY) as store, store.begin() as tx:
        taken = take_in(tx, lines, door="test", now=NOW)
    refused = [
        line
        for line, one in zip(lines, taken, strict=True)
        if one.outcome is Outcome.REFUSED and one.reason != OTHER_CONTENT
    ]
    assert [line for line in lines if faults(json.loads(line))] == refused
    assert bool(refused) is some_wrong


RIGHT: list[tuple[str, Any]] = [
    ("unknown fields are kept", an_event("case.charged", mystery={"any": ["thing"]})),
    ("an extension of CloudEvents", {**an_event("case.charged"), "subject": "x", "traceparent": "00-0"}),
    ("Greenwich", {**an_event("case.charged"), "time": "2026-04-01T09:30:00Z"}),
    ("parts of a second", {**an_event("case.charged"), "time": "2026-04-01T09:30:00.123456+01:00"}),
    ("null is as good as left out", an_event("case.progress", expected_by=None)),
    ("a partial update", an_event("victim.updated", contract={"wants": "none"})),
    ("null removes", an_event("victim.updated", contact_points=[{"id": "p1", "safe": None}], name=None)),
    ("a letter", an_event("victim.registered", contact_points=[
        {"id": "p1", "channel": "letter", "address": {"lines": ["1 Mill Lane", "Leeds", "LS1 1AA"]}}])),
    ("a window to the end of the day",
     an_event("victim.registered", contract={"windows": [{"from": "18:00", "until": "24:00"}]})),
    ("a representative", an_event("victim.registered", needs={"representative": {"name": "Al Bloggs"}})),
    ("an answer by event and kind",
     an_event("task.done", id=..., about="e7", kind="tell_in_person", outcome="She was told.")),
]  # fmt: skip

WRONG: list[tuple[str, Any, str]] = [
    ("no case", an_event("case.charged", case_id=...), ".data.case_id"),
    ("an empty case", an_event("case.charged", case_id=""), ".data.case_id"),
    ("only space", an_event("case.charged", case_id=" \t"), ".data.case_id"),
    ("an endless case", an_event("case.charged", case_id="c" * 201), ".data.case_id"),
    ("a number for an id", an_event("victim.withdrew", victim_id=7), ".data.victim_id"),
    ("one victim, not a list", an_event("case.charged", victim_ids="v1"), ".data.victim_ids"),
    ("a naive time", an_event("case.charged", occurred_at="2026-04-01T09:30:00"), ".data.occurred_at"),
    ("a day for a time", an_event("court.hearing_listed", starts_at="2026-04-01"), ".data.starts_at"),
    ("no such day", an_event("case.charged", occurred_at="2026-02-30T09:30:00Z"), ".data.occurred_at"),
    ("a year of slips", an_event("case.charged", occurred_at="0202-04-01T09:30:00Z"), ".data.occurred_at"),
    ("a time for a day", an_event("custody.released", on="2026-04-01T09:30:00Z"), ".data.on"),
    ("a day as people write it", an_event("custody.released", on="1 April 2026"), ".data.on"),
    ("no such month", an_event("custody.released", on="2026-13-01"), ".data.on"),
    ("a required day is null", an_event("custody.release_planned", on=None), ".data.on"),
    ("no charges", an_event("case.charged", offences=[]), ".data.offences"),
    ("an empty charge", an_event("case.charged", offences=[""]), ".data.offences.0"),
    ("an unknown offence", an_event("case.opened", offence="murder"), ".data.offence"),
    ("an unknown outcome", an_event("court.verdict", outcome="acquitted"), ".data.outcome"),
    ("an officer without a name", an_event("case.opened", officer={"id": "off7"}), ".data.officer"),
    ("a word for true", an_event("case.charged", backfill="true"), ".data.backfill"),
    ("an answer to nothing", an_event("task.done", id=...), ".data"),
    ("an answer to null", an_event("task.done", id=None), ".data"),
    ("a midnight that is none",
     an_event("victim.registered", contract={"windows": [{"from": "24:00", "until": "24:00"}]}),
     ".data.contract.windows.0.from"),
    ("no days",
     an_event("victim.registered", contract={"windows": [{"days": [], "from": "1:00", "until": "2:00"}]}),
     ".data.contract.windows.0.days"),
    ("never", an_event("victim.registered", contract={"every_days": 0}), ".data.contract.every_days"),
    ("an update of nobody", an_event("victim.updated", victim_id=...), ".data.victim_id"),
    ("a point without an id", an_event("victim.updated", contact_points=[{"safe": False}]),
     ".data.contact_points"),
    ("an unknown language", an_event("victim.updated", needs={"language": "fr"}), ".data.needs"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "document"), RIGHT, ids=[case[0] for case in RIGHT])
def test_what_is_right_is_right_for_schema_and_intake(what: str, document: Any) -> None:
    assert faults(document) == []
    assert intake_takes(document)


@pytest.mark.parametrize(("what", "document", "place"), WRONG, ids=[case[0] for case in WRONG])
def test_what_is_wrong_is_refused_and_its_place_named(what: str, document: Any, place: str) -> None:
    assert faults(document)
    one = SCHEMA["$defs"][document["type"]]
    assert any(fault.startswith(place) for fault in SchemaReader(SCHEMA).faults(document, one))


REFUSED = [case for case in REFUSALS if isinstance(case[1], dict) and not case[0].startswith(BEYOND_A_SCHEMA)]


@pytest.mark.parametrize(("what", "document", "reason"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_the_intake_refuses_for_its_shape_the_schema_refuses(
    what: str, document: Any, reason: str
) -> None:
    assert faults(document)


TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-1, 400)
    | TEXTS
    | st.sampled_from(["2026-04-01T09:30:00+01:00", "2026-04-01", "20:00", "sms", "\u0085", "٠١:٠٠", ""])
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=5)
FULL = an_event(
    "victim.registered",
    contact_points=[{"id": "p1", "channel": "sms", "address": "07700900123", "valid_from": "2026-04-01"}],
    contract={"wants": "all", "windows": [{"days": ["mon"], "from": "18:00", "until": "20:00"}]},
    needs={"language": "cy", "representative": {"name": {"given": "Al"}, "contact_points": []}},
)
DOCUMENTS = [FULL, {**FULL, "type": "victim.updated"}, *(an_event(name) for name in EVENT_TYPES)]


@given(data=st.data(), document=st.sampled_from(DOCUMENTS))
@settings(max_examples=150, deadline=None)
def test_what_the_schema_takes_the_intake_takes(data: st.DataObject, document: Any) -> None:
    changed = json.loads(json.dumps(document))
    part = data.draw(st.sampled_from(list(within(changed))))
    part[data.draw(st.sampled_from([*part, "occurred_at"]))] = data.draw(VALUES)
    assert faults(changed) or intake_takes(changed)


def test_the_asyncapi_document_has_both_doors_and_the_facts() -> None:
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    channels = ASYNCAPI["channels"]
    assert channels.keys() == {"case-events", "http-events", "notifier-facts"}
    assert list(channels["case-events"]["messages"]) == list(EVENT_TYPES)
    assert channels["http-events"]["messages"] == channels["case-events"]["messages"]
    assert list(channels["notifier-facts"]["messages"]) == list(FACTS)
    actions = {each["channel"]["$ref"]: each["action"] for each in ASYNCAPI["operations"].values()}
    assert actions == {
        "#/channels/case-events": "receive",
        "#/channels/http-events": "receive",
        "#/channels/notifier-facts": "send",
    }


def test_the_asyncapi_document_names_the_settings_defaults() -> None:
    default = {name: field.default for name, field in Settings.model_fields.items()}
    channels, servers = ASYNCAPI["channels"], ASYNCAPI["servers"]
    assert channels["case-events"]["address"] == default["event_stream"]
    assert channels["notifier-facts"]["address"] == default["fact_stream"]
    assert servers["web"]["variables"]["web"]["default"].endswith(f":{default['http_port']}")


def test_every_message_has_an_example_that_is_right() -> None:
    reader = SchemaReader(ASYNCAPI)
    for name, message in ASYNCAPI["components"]["messages"].items():
        (example,) = message["examples"]
        assert example["payload"]["type"] == name
        assert reader.faults(example["payload"], message["payload"]) == []


def test_every_name_is_one_that_asyncapi_allows() -> None:
    for kind in ASYNCAPI["components"].values():
        assert [name for name in kind if not re.fullmatch(r"[\w.-]+", name)] == []


def test_both_documents_hold_the_same_shapes() -> None:
    assert json.dumps(definitions("#/components/schemas/{model}")) == json.dumps(
        {name: each for name, each in ASYNCAPI["components"]["schemas"].items() if name != "Fact"}
    )


def test_every_fact_that_is_sent_is_published() -> None:
    sent = {*facts._TYPES.values(), *facts._OF_ESCALATIONS.values()}
    assert sent <= FACTS.keys()
    published = ASYNCAPI["components"]["schemas"]["Fact"]["properties"]
    assert published["data"]["properties"].keys() == facts._DATA.keys()
    assert published["type"]["enum"] == list(FACTS)
