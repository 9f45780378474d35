"""The contract for publishers as JSON Schema 2020-12: what the intake takes, said for other programs.

It is made from the classes that the intake checks with, and it is never looser: what it accepts is taken, but
for what no schema can say (``BEYOND``). Where pydantic would also read other spellings, it asks for the
contract's.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from notifier.documents import MOST_BYTES
from notifier.event_data import StaffAnswer
from notifier.event_types import EVENT_TYPES, Clock, EventType
from notifier.schema_words import FIELDS

Schema = dict[str, Any]

_ENVELOPE = "CloudEvent"
_SOURCE = "urn:example:records"
_DAY = r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
# Many validators do not check formats, so patterns say them too. The years are those of the intake.
_DATE = rf"^[1-9][0-9]{{3}}-{_DAY}$"
_TIME = rf"^(19|2[01])[0-9]{{2}}-{_DAY}T{_CLOCK}:[0-5][0-9](\.[0-9]+)?(Z|[+-]{_CLOCK})$"
_NOT_ONLY_SPACE = r"[^\s\u0085]"
BEYOND = (
    f"Beyond what a schema can say: a document has at most {MOST_BYTES:,} bytes and 50 levels, no key twice "
    "in one object and no number of over 100 digits; `source` and `id` have at most 1,000 bytes; news is "
    "of the years 2000 to 2099, backfill may be older; no text holds U+0000 or half of a surrogate pair; "
    "`until` is not earlier than `from`, in a window later. Check formats too. Unknown extra fields are kept "
    "and ignored."
)
_ALSO: dict[type[BaseModel], Schema] = {
    StaffAnswer: {
        "anyOf": [{"required": [name], "properties": {name: {"type": "string"}}} for name in ("id", "about")]
    }
}
"""What a class checks between its fields, where a schema can say it."""


class _Published(GenerateJsonSchema):
    """Pydantic's schemas, in the contract's words and without what only pydantic allows."""

    def normalize_name(self, name: str) -> str:
        """Name a shape as publishers know it."""
        return _shape_name(super().normalize_name(name))

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave titles out: they would only repeat the names."""
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Add the fields' words and what the class checks between them."""
        made = super().model_schema(schema)
        made.pop("title", None)
        if "description" in made:
            made["description"] = made["description"].replace("``", "`")
        for name, field in made["properties"].items():
            if name in FIELDS:
                field.setdefault("description", FIELDS[name])
        return made | _ALSO.get(schema["cls"], {})

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """Ask for an offset; without it nobody knows the instant."""
        return {**super().datetime_schema(schema), "pattern": _TIME}

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        """Ask for a day alone."""
        return {**super().date_schema(schema), "pattern": _DATE}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Where space around a text does not count, ask for something else in it."""
        made = super().str_schema(schema)
        return {"pattern": _NOT_ONLY_SPACE, **made} if schema.get("strip_whitespace") else made


def json_schema() -> Schema:
    """Return the JSON Schema of one event: a definition for each type, and the shapes in its data."""
    defined = definitions("#/$defs/{model}")
    for name, row in EVENT_TYPES.items():
        defined[name]["examples"] = [sample(row)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:notifier:events",
        "title": "Events that Notifier takes in",
        "description": f"CloudEvents 1.0, one JSON document for each event. {BEYOND}",
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(EVENT_TYPES)}},
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in EVENT_TYPES],
        "$defs": defined,
    }


def definitions(reference: str) -> Schema:
    """Return the schemas of the types of events and of all that they are made of, by name.

    ``reference`` says where a reader finds the one that is called ``{model}``.
    """
    events = {name: _event(row, reference) for name, row in EVENT_TYPES.items()}
    classes: list[type[BaseModel]] = list({row.data: None for row in EVENT_TYPES.values()})
    _, shapes = models_json_schema(
        [(each, "validation") for each in classes], ref_template=reference, schema_generator=_Published
    )
    return {**events, _ENVELOPE: _envelope(), **shapes["$defs"]}


def _event(row: EventType, reference: str) -> Schema:
    return {
        "description": about(row),
        "type": "object",
        "allOf": [{"$ref": reference.format(model=_ENVELOPE)}],
        "properties": {
            "type": {"const": row.name},
            "data": {"$ref": reference.format(model=_shape_name(row.data.__name__))},
        },
    }


def _envelope() -> Schema:
    identity: Schema = {"type": "string", "minLength": 1, "maxLength": 500}
    return {
        "description": "What every event has around its data (CloudEvents 1.0).",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**identity, "description": "With `source` the event's identity: a repeat counts once."},
            "source": {**identity, "description": "Who publishes; a key of the HTTP door holds for one."},
            "type": {"type": "string", "description": "What happened."},
            "time": {
                "type": "string",
                "format": "date-time",
                "pattern": _TIME,
                "description": "When the publisher knew it, with its offset.",
            },
            "datacontenttype": {"type": "string", "description": "application/json"},
            "data": {"type": "object"},
        },
    }


def about(row: EventType) -> str:
    """Say in a sentence who hears of an event of this type and by when, as our policy is shipped."""
    limit = row.limit
    if limit is None:
        return "Recorded; victims are not told of it as such."
    if limit.standard == 0:
        return "Victims are told at once, at any hour."
    days = "1 working day" if limit.standard == 1 else f"{limit.standard} working days"
    enhanced = f" ({limit.enhanced} with enhanced rights)" if limit.enhanced < limit.standard else ""
    clock = "it happened" if limit.clock is Clock.OCCURRED else "it was published"
    return f"Victims are told within {days}{enhanced} after {clock}."


def sample(row: EventType) -> Schema:
    """Return a whole event of this type that is right."""
    return {
        "specversion": "1.0",
        "id": "e1",
        "source": _SOURCE,
        "type": row.name,
        "time": "2026-04-01T09:30:00+01:00",
        "datacontenttype": "application/json",
        "data": {"case_id": "c1", **row.sample},
    }


def _shape_name(name: str) -> str:
    """Return the name that publishers know: `ContactPoint`, not `ContactPointShape`."""
    return name.replace("Shape", "")
