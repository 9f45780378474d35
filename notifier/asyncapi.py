"""The contract for other programs as AsyncAPI 3.0: where events go in and facts come out."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from notifier.event_queue import FIELD
from notifier.event_types import EVENT_TYPES
from notifier.facts import SOURCE
from notifier.records import ChannelName
from notifier.schema import BEYOND, Schema, about, definitions, sample

_MEDIA_TYPE = "application/cloudevents+json"
_SCHEMAS = "#/components/schemas/{model}"
_FACT = "Fact"
_QUEUE, _DOOR, _FACT_STREAM = "case-events", "http-events", "notifier-facts"
_ABOUT = (
    "Notifier tells victims of crime what happens in their case. It takes events in from a queue or over "
    "HTTP, each once, and says in facts what became of them: ids, times, channel and reason, never a name, "
    f"an address or a text. {BEYOND}"
)

_FACT_SAMPLE: Schema = {
    "specversion": "1.0",
    "id": "1",
    "source": SOURCE,
    "time": "2026-04-01T18:00:00+00:00",
    "datacontenttype": "application/json",
}
_ABOUT_ONE = {"case_id": "c1", "victim_id": "v1", "event_source": "urn:example:records", "event_id": "e1"}
_DATA_SAMPLES: dict[str, Schema] = {
    "notice": {**_ABOUT_ONE, "event_ids": ["e1"], "event_type": "case.charged", "channel": "sms"},
    "prompt": {"case_id": "c1", "victim_id": "v1"},
    "escalation": {"id": "E7", **_ABOUT_ONE, "reason": "no_contact", "level": 1},
    "closure": {"case_id": "c1"},
    "contact": {"case_id": "c1", "victim_id": "v1", "channel": "sms"},
}
"""What the data of a fact is like, by the first word of its type."""

FACTS: dict[str, str] = {
    "notice.accepted": "A provider took the message.",
    "notice.delivered": "The message arrived.",
    "notice.confirmed": "The person answered the message.",
    "notice.failed": "The message did not arrive; another way follows where there is one.",
    "notice.suppressed": "The victim is not told of it this way; the reason says why.",
    "notice.held": "It waits until a person of staff acts.",
    "notice.cancelled": "It is not told any more: something newer, a correction or a person was first.",
    "prompt.sent": "The officer was reminded of an update that comes due.",
    "escalation.opened": "Somebody of staff must act.",
    "escalation.climbed": "Nobody looked after it in time: the next level was told.",
    "escalation.acknowledged": "Somebody of staff looks after it.",
    "escalation.resolved": "It is done.",
    "closure.blocked": "The case cannot be cleared for closing: its victims have not all been told.",
    "closure.cleared": "The victims have been told: the case can be closed.",
    "contact.received": "A victim replied.",
}
"""Every fact of the contract ("Facts out"), in plain words."""


def asyncapi_document() -> Schema:
    """Return the AsyncAPI document, as the service sees it: it receives events and sends facts."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:notifier",
        "info": {"title": "Notifier", "version": version("notifier"), "description": _ABOUT},
        "defaultContentType": _MEDIA_TYPE,
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "messages": {**_event_messages(), **_fact_messages()},
            "schemas": {**definitions(_SCHEMAS), _FACT: _fact()},
            "securitySchemes": {
                "publisherKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A publisher's key, made with `notifier keys add SOURCE`; it holds for "
                    "events of that source alone.",
                }
            },
        },
    }


def _servers() -> Schema:
    return {
        "redis": {
            "host": "{redis}",
            "protocol": "redis",
            "description": "Redis streams; NOTIFIER_REDIS_URL says where.",
            "variables": {"redis": {"default": "localhost:6379"}},
        },
        "web": {
            "host": "{web}",
            "protocol": "http",
            "description": "NOTIFIER_HTTP_HOST and NOTIFIER_HTTP_PORT say where.",
            "variables": {"web": {"default": "localhost:8025"}},
            "security": [{"$ref": "#/components/securitySchemes/publisherKey"}],
        },
    }


def _channels() -> Schema:
    return {
        _QUEUE: {
            "address": _QUEUE,
            "servers": [{"$ref": "#/servers/redis"}],
            "description": f"A Redis stream (NOTIFIER_EVENT_STREAM); the field `{FIELD}` of an entry is it.",
            "messages": _listed(EVENT_TYPES),
        },
        _DOOR: {
            "address": "/v1/events",
            "servers": [{"$ref": "#/servers/web"}],
            "description": "The CloudEvents HTTP binding: structured, binary, or up to 1,000 in a batch "
            "(application/cloudevents-batch+json). 202 says that what was accepted is stored.",
            "messages": _listed(EVENT_TYPES),
        },
        _FACT_STREAM: {
            "address": _FACT_STREAM,
            "servers": [{"$ref": "#/servers/redis"}],
            "description": f"A Redis stream (NOTIFIER_FACT_STREAM); the field `{FIELD}` of an entry is it. "
            "The same facts come from GET /v1/facts, after a cursor.",
            "messages": _listed(FACTS),
        },
    }


def _listed(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _operations() -> Schema:
    post = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
    return {
        "receiveFromQueue": _operation("receive", _QUEUE, "Take events in from the queue."),
        "receiveOverHttp": _operation("receive", _DOOR, "Take events in over HTTP.") | {"bindings": post},
        "sendFacts": _operation("send", _FACT_STREAM, "Say what became of notices and escalations."),
    }


def _operation(action: str, channel: str, summary: str) -> Schema:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _event_messages() -> Schema:
    return {
        name: _message(name, about(row), {"$ref": _SCHEMAS.format(model=name)}, sample(row))
        for name, row in EVENT_TYPES.items()
    }


def _fact_messages() -> Schema:
    fact = {"$ref": _SCHEMAS.format(model=_FACT)}
    return {
        name: _message(
            name, words, {"allOf": [fact], "properties": {"type": {"const": name}}}, _fact_sample(name)
        )
        for name, words in FACTS.items()
    }


def _fact_sample(name: str) -> Schema:
    return {**_FACT_SAMPLE, "type": name, "data": _DATA_SAMPLES[name.partition(".")[0]]}


def _message(name: str, words: str, payload: Schema, example: Schema) -> Schema:
    return {
        "name": name,
        "summary": words,
        "contentType": _MEDIA_TYPE,
        "payload": payload,
        "examples": [{"payload": example}],
    }


def _fact() -> Schema:
    time = {"type": "string", "format": "date-time"}
    return {
        "description": "What became of a notice, an escalation or a case (CloudEvents 1.0).",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {
                "type": "string",
                "pattern": "^[1-9][0-9]*$",
                "description": "Its place in the order of all facts; one that comes again has the same.",
            },
            "source": {"const": SOURCE},
            "type": {"enum": list(FACTS)},
            "time": {**time, "description": "When it happened, with its offset."},
            "datacontenttype": {"const": "application/json"},
            "data": {"type": "object", "properties": _fact_data(time)},
        },
    }


def _fact_data(time: Schema) -> Schema:
    text = {"type": "string"}
    return {
        "id": {**text, "description": "The escalation, as `escalation.acknowledged` names it."},
        "case_id": {**text, "description": "The case, as its publisher knows it."},
        "victim_id": {**text, "description": "The victim, as the publisher knows them."},
        "event_source": {**text, "description": "Who published the event that it is about."},
        "event_id": {**text, "description": "The event that it is about; of several the oldest."},
        "event_ids": {"type": "array", "items": text, "description": "All events that one message told."},
        "event_type": {**text, "description": "The type of that event, or `courtesy`."},
        "channel": {"enum": list(ChannelName), "description": "The way the message went."},
        "attempt": {**text, "description": "Which message it was: the same in all facts about it."},
        "reason": {**text, "description": "Why, as one fixed word."},
        "level": {
            "enum": [1, 2, 3],
            "description": "Who must act on an escalation: 1 officer, 2 supervisor, 3 unit.",
        },
        "deadline": {**time, "description": "The instant by which the victim must have been told."},
    }
