"""Reads a scenario: one YAML file that tells events and expected lines as a caseworker would (see README.md).

Times are London wall-clock time, such as ``Tue 12 May 2026 14:00`` (``:30`` for seconds, ``again`` for the
second of two); a wrong weekday is refused. Contact points are written by the short names of ``POINTS``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from notifier.policy_file import load_policies
from tests.builders import LONDON, at, day
from tests.stories.story import STAFF, shipped_policies, simulated

FOLDER = Path(__file__).parent
POINTS: dict[str, tuple[str, Any]] = {
    "sms": ("sms", "07700 900123"),
    "sms2": ("sms", "07700 900456"),
    "sms3": ("sms", "07700 900789"),
    "email": ("email", "jo@example.org"),
    "email2": ("email", "sam@example.org"),
    "letter": ("letter", {"lines": ["1 Mill Lane", "Exampletown", "EX1 1AA"]}),
    "call": ("call", "01632 960123"),
}
_ADDRESSES = {
    "sms": "+447700900123",
    "sms2": "+447700900456",
    "sms3": "+447700900789",
    "email": "jo@example.org",
    "email2": "sam@example.org",
}
_MOMENT = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)?(?: again)?"
)
_DAY = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2} \d{4}")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = {"event": "event_id", "events": "event_ids", "person": "person_id", "to": "address"}
_SCENARIO_KEYS = {
    "sentence", "about", "start", "case", "victims", "acknowledgement", "events", "outcomes", "policy",
    "until", "expect", "never",
}  # fmt: skip
_LINE_KEYS = {
    "at", "case_id", "role", "event_id", "event_ids", "event_type", "person_id", "address", "language",
    "channel", "kind", "level", "reason", "deadline", "says", "hides", "because",
}  # fmt: skip
_ACKNOWLEDGEMENT = "victim.registered"
_SOURCE = "urn:example:records"


@dataclass(frozen=True)
class Scenario:
    """One file, as it is written."""

    path: Path
    written: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Scenario:
        """Read a file; its keys are explained in README.md. Raises ``ValueError`` for any other key."""
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        _refuse_unknown(written, _SCENARIO_KEYS)
        return cls(path, written)

    @property
    def name(self) -> str:
        """The file's place under the folder, without its ending."""
        return str(self.path.relative_to(FOLDER).with_suffix(""))

    def lines(self, folder: Path) -> list[dict[str, Any]]:
        """Run it through the real rooms; a policy of its own is written to ``folder``."""
        outcomes = [json.dumps(_outcome(one)) for one in self.written.get("outcomes", ())]
        policies = shipped_policies()
        if "policy" in self.written:
            policy_file = folder / "policy.toml"
            policy_file.write_text(self.written["policy"], encoding="utf-8")
            policies = load_policies(policy_file)
        return simulated(self._documents(), outcomes, _moment(self.written["until"]), policies)

    def complaints(self, lines: list[dict[str, Any]]) -> list[str]:
        """Return what is wrong: the expected lines are all of their kinds, in this order."""
        wanted = [_wanted(one) for one in self.written.get("expect", ())]
        kinds = {one["what"] for one in wanted}
        found = [line for line in lines if line["what"] in kinds]
        wrong = [
            f"expected {json.dumps(one)}, found {_show(line)}"
            for one, line in zip(wanted, found, strict=False)
            if not _matches(one, line)
        ]
        wrong += [f"expected {json.dumps(one)}, found nothing" for one in wanted[len(found) :]]
        wrong += [f"not expected: {_show(line)}" for line in found[len(wanted) :]]
        never = [_forbidden(one) for one in self.written.get("never", ())]
        wrong += [f"forbidden: {_show(line)}" for one in never for line in lines if _matches(one, line)]
        return wrong

    def _documents(self) -> list[str]:
        written = self.written
        case, victims = written.get("case", {}), written.get("victims", {"v1": {}})
        start = written["start"]
        opened = {"offence": "burglary", "force": "Example", "reference": "EX/1234/26", **STAFF, **case}
        events = [_document(start, "open", "case.opened", opened)] if case is not None else []
        for victim_id, victim in victims.items():
            known = {"backfill": not written.get("acknowledgement", False), **(victim or {})}
            events.append(_registration(start, victim_id, known))
        events += [_event(one) for one in written.get("events", ())]
        return [json.dumps(event) for event in events]


def _registration(start: str, victim_id: str, victim: dict[str, Any]) -> dict[str, Any]:
    when = victim.pop("registered", start)
    points = _points(victim.pop("points", ["sms"]))
    channels = list(dict.fromkeys(point["channel"] for point in points))
    contract = {"channels": channels, **victim.pop("contract", {})}
    whole = {
        "victim_id": victim_id,
        "name": {"title": "Ms", "given": "Jo", "family": "Bloggs"},
        "contact_points": points,
        "contract": contract,
        **victim,
    }
    return _document(when, f"reg-{victim_id}", _ACKNOWLEDGEMENT, whole)


def _event(written: str | dict[str, Any]) -> dict[str, Any]:
    """Read ``WHEN ID TYPE`` or ``WHEN ID TYPE: {data}``; ``source`` and ``case_id`` may stand in the data."""
    text, data = (written, {}) if isinstance(written, str) else next(iter(written.items()))
    when, id_, type_ = text.rsplit(" ", 2)
    data = dict(data)
    source = data.pop("from_source", _SOURCE)
    return {**_document(when, id_, type_, data), "source": source}


def _document(when: str, id_: str, type_: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": _SOURCE,
        "type": type_,
        "time": _moment(when).isoformat(),
        "data": {"case_id": "c1", **_plain(data)},
    }


def _plain(value: Any) -> Any:
    """Return data as a publisher writes it: dates, windows and contact points in full."""
    if isinstance(value, dict):
        return dict(_entry(key, each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return _moment(value).isoformat()
    if isinstance(value, str) and _DAY.fullmatch(value):
        return day(value).isoformat()
    return value


def _entry(key: str, value: Any) -> tuple[str, Any]:
    if not isinstance(key, str):
        raise ValueError(f"the key {key} is no word; YAML reads an unquoted on as true")
    if key == "points":
        return "contact_points", _plain(_points(value))
    if key == "windows":
        return key, [_window(each) for each in value]
    return key, _plain(value)


def _points(written: list[Any]) -> list[dict[str, Any]]:
    """Read contact points: ``sms``, or ``sms: {safe: false}`` where more is to be said of one."""
    points = []
    for one in written:
        name, more = (one, {}) if isinstance(one, str) else next(iter(one.items()))
        channel, address = POINTS[name]
        points.append({"id": name, "channel": channel, "address": address, **more})
    return points


def _window(written: str) -> dict[str, Any]:
    """Read a window such as ``mon-fri 18:00-20:00`` or ``sat 10:00-12:00``."""
    days, hours = written.split()
    first, _, last = days.partition("-")
    span = _WEEK[_WEEK.index(first) : _WEEK.index(last or first) + 1]
    start, until = hours.split("-")
    return {"days": list(span), "from": start, "until": until}


def _outcome(written: dict[str, str]) -> dict[str, Any]:
    """Read ``{to: sms, result: failed, from: ..., until: ...}``."""
    times = {key: _moment(at_).isoformat() for key, at_ in written.items() if key in ("from", "until")}
    return {"address": POINTS[written["to"]][1], "result": written["result"]} | times


def _moment(text: str) -> datetime:
    return at(text.removesuffix(" again"), again=text.endswith(" again"))


def _wanted(written: str | dict[str, Any]) -> dict[str, Any]:
    """Read ``WHEN WHAT`` or ``WHEN WHAT: {fields}``."""
    text, fields = (written, {}) if isinstance(written, str) else next(iter(written.items()))
    when, what = text.rsplit(" ", 1)
    return {"what": what, "at": _local(when), **_fields(fields)}


def _forbidden(written: str | dict[str, Any]) -> dict[str, Any]:
    what, fields = (written, {}) if isinstance(written, str) else next(iter(written.items()))
    return {**({"what": what} if what != "anything" else {}), **_fields(fields)}


def _fields(written: dict[str, Any]) -> dict[str, Any]:
    fields = {_KEYS.get(key, key): value for key, value in written.items()}
    _refuse_unknown(fields, _LINE_KEYS)
    if "address" in fields:
        fields["address"] = _ADDRESSES[fields["address"]]
    return {key: _local(value) if key in ("deadline", "at") else value for key, value in fields.items()}


def _refuse_unknown(written: dict[str, Any], known: set[str]) -> None:
    """A misspelt key would make a scenario that cannot fail."""
    unknown = sorted(str(key) for key in written if key not in known)
    if unknown:
        raise ValueError(f"a scenario has no {', '.join(unknown)}; README.md lists the keys")


def _local(text: str) -> str:
    return _moment(text).astimezone(LONDON).isoformat(timespec="seconds")


def _matches(wanted: dict[str, Any], line: dict[str, Any]) -> bool:
    return all(_holds(key, value, line) for key, value in wanted.items())


def _holds(key: str, value: Any, line: dict[str, Any]) -> bool:
    text, why = str(line.get("text", "")).lower(), " ".join(line["why"]).lower()
    if key == "says":
        return all(str(word).lower() in text for word in value)
    if key == "hides":
        return not any(str(word).lower() in text for word in value)
    if key == "because":
        return str(value).lower() in why
    return bool(line.get(key) == value)


def _show(line: dict[str, Any]) -> str:
    """Return a line short enough to read in a failing test."""
    keys = (
        "at",
        "what",
        "kind",
        "level",
        "reason",
        "channel",
        "event_ids",
        "event_type",
        "person_id",
        "deadline",
    )
    shown = {key: line[key] for key in (*keys, "role", "text") if line.get(key) not in (None, [])}
    moment = datetime.fromisoformat(shown["at"])
    return json.dumps({**shown, "at": f"{moment:%a %d %b %H:%M:%S}"}, ensure_ascii=False)
