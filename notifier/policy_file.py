"""Reads the policy: the shipped ``policy.toml`` and, laid over it, an operator's own file.

``docs/policy.md`` describes both. All is checked when it is read: every version of every force, also those
whose day is still to come.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial, reduce
from pathlib import Path
from typing import Annotated, Any

from holidays import country_holidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from notifier.channels.base import find_channels
from notifier.errors import SettingsError
from notifier.policy_complaints import complaint
from notifier.policy_shapes import CalendarShape, Day, PolicyShape
from notifier.records import ChannelFacts, ChannelName
from notifier.rules.policy import Policies, Version
from notifier.rules.working_days import Calendar
from notifier.toml_lines import EntryPath, entry_lines

SHIPPED = Path(__file__).with_name("policy.toml")
_FIRST_YEAR = 2000
_ALWAYS = date.min
# Local days need one time zone, an alarm about a source belongs to no force, and a day's digest is one round.
_NOT_BY_VERSION = frozenset({"timezone"})
_NOT_BY_FORCE = frozenset({"timezone", "breaker", "silence", "operations", "digest"})


class _VersionShape(BaseModel):
    model_config = ConfigDict(extra="allow")

    start: Day = Field(alias="from")


class _OverlayShape(BaseModel):
    model_config = ConfigDict(extra="allow")

    versions: tuple[_VersionShape, ...] = ()

    @field_validator("versions")
    @classmethod
    def _of_different_days(cls, versions: tuple[_VersionShape, ...]) -> tuple[_VersionShape, ...]:
        if len({version.start for version in versions}) < len(versions):
            raise ValueError("two versions begin on the same day; make them one")
        return versions


class _FileShape(_OverlayShape):
    forces: dict[Annotated[str, Field(min_length=1)], _OverlayShape] = {}


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one part of a file lays over the layers below it, from a local day on.

    ``source`` is the file as errors name it, with its whole ``text``; ``within`` is where the part stands in
    it.
    """

    source: str
    text: str
    content: dict[str, Any]
    within: EntryPath = ()
    start: date = _ALWAYS

    def depth(self, entry: EntryPath) -> int:
        """Return how many keys of ``entry`` this layer gives, from the top; a list counts as a whole."""
        value: Any = self.content
        for depth, key in enumerate(entry):
            if not isinstance(value, dict) or key not in value:
                return depth
            value = value[key]
        return len(entry)

    def place(self, entry: EntryPath) -> str:
        """Return the source and the line of ``entry``, or of what should hold it."""
        lines = entry_lines(self.text)
        path = (*self.within, *entry)
        while path and path not in lines:
            path = path[:-1]
        return f"{self.source}, line {lines[path]}" if path else self.source


def load_policies(
    path: Path | None = None,
    *,
    timezone: str | None = None,
    gap_minutes: int | None = None,
    breaker: bool = True,
) -> Policies:
    """Return the shipped policy with ``path`` laid over it, then the settings that override both.

    Without ``breaker`` no policy has one. The facts are those that the channels state themselves. Raises
    :class:`SettingsError`, one line that names the file, the line, the entry and the mend.
    """
    files = [_read(file) for file in (SHIPPED, path) if file is not None]
    shapes = [_shape(file) for file in files]
    general = [layer for file, shape in zip(files, shapes, strict=True) for layer in _overlay(file, shape)]
    forces = _of_forces(files, shapes)
    settings = _settings(timezone, gap_minutes)
    facts = {name: channel.facts for name, channel in find_channels().items()}
    make = partial(_versions, facts=facts, breaker=breaker)
    versions = make([*general, settings])
    return Policies(
        timezone=versions[0].policy.timezone,
        general=versions,
        forces={force: make([*general, *own, settings]) for force, own in forces.items()},
    )


def _read(path: Path) -> _Layer:
    source = f"policy file {path.name if path == SHIPPED else path}"
    try:
        text = path.read_text(encoding="utf-8")
        return _Layer(source, text, tomllib.loads(text))
    except OSError as problem:
        raise SettingsError(f"{source} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{source} is not UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"{source} is not valid TOML: {problem}") from None


def _shape(file: _Layer) -> _FileShape:
    try:
        return _FileShape.model_validate(file.content)
    except ValidationError as problem:
        raise _refused(problem, [file]) from None


def _of_forces(files: Sequence[_Layer], shapes: Sequence[_FileShape]) -> dict[str, list[_Layer]]:
    forces: dict[str, list[_Layer]] = {}
    for file, shape in zip(files, shapes, strict=True):
        for force, overlay in shape.forces.items():
            layers = list(_overlay(file, overlay, ("forces", force)))
            for layer in layers:
                _require_none(layer, _NOT_BY_FORCE, "holds for all forces; give it at the top of the file")
            forces.setdefault(force, []).extend(layers)
    return forces


def _overlay(file: _Layer, shape: _OverlayShape, within: EntryPath = ()) -> Iterator[_Layer]:
    """Yield what holds always, then what its versions change, the first day first."""
    yield replace(file, content=shape.model_extra or {}, within=within)
    for number, version in sorted(enumerate(shape.versions), key=lambda each: each[1].start):
        layer = replace(
            file,
            content=version.model_extra or {},
            within=(*within, "versions", number),
            start=version.start,
        )
        _require_none(layer, _NOT_BY_VERSION, "never changes by a version; give it at the top of the file")
        yield layer


def _require_none(layer: _Layer, names: frozenset[str], words: str) -> None:
    for name in names & layer.content.keys():
        raise _refusal([layer], (name,), words)


def _settings(timezone: str | None, gap_minutes: int | None) -> _Layer:
    content: dict[str, Any] = {}
    if timezone is not None:
        content["timezone"] = timezone
    if gap_minutes is not None:
        content["timing"] = {"gap_minutes": gap_minutes}
    return _Layer("the settings", "", content)


def _versions(
    layers: Sequence[_Layer], *, facts: Mapping[ChannelName, ChannelFacts], breaker: bool
) -> tuple[Version, ...]:
    versions = []
    for start in sorted({layer.start for layer in layers}):
        come = [layer for layer in layers if layer.start <= start]
        shape = _policy_shape(come)
        policy = shape.record(_calendar(shape.calendar, come), facts, breaker=breaker)
        versions.append(Version(start, policy))
    return tuple(versions)


def _policy_shape(layers: Sequence[_Layer]) -> PolicyShape:
    content: dict[str, Any] = reduce(_laid_over, (layer.content for layer in layers), {})
    try:
        return PolicyShape.model_validate(content)
    except ValidationError as problem:
        raise _refused(problem, layers) from None


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if both else value
    return merged


def _refused(problem: ValidationError, layers: Sequence[_Layer]) -> SettingsError:
    error = problem.errors()[0]
    entry = tuple(key for key in error["loc"] if key != "[key]")  # pydantic's mark for a wrong name
    return _refusal(layers, entry, complaint(error, _siblings(entry, layers)))


def _siblings(entry: EntryPath, layers: Sequence[_Layer]) -> set[str]:
    """Return the names beside ``entry`` that some layer gives."""
    names: set[str] = set()
    for layer in layers:
        value: Any = layer.content
        for key in entry[:-1]:
            value = value.get(key, {}) if isinstance(value, dict) else {}
        names |= set(value) if isinstance(value, dict) else set()
    return names - {entry[-1]}


def _refusal(layers: Sequence[_Layer], entry: EntryPath, words: str) -> SettingsError:
    """Return the error about ``entry``, at the uppermost layer that gives it."""
    layer = max(reversed(layers), key=lambda each: each.depth(entry))
    named = ".".join(key for key in entry if isinstance(key, str))
    return SettingsError(f"{layer.place(entry)}: {named}: {words}")


def _calendar(shape: CalendarShape, layers: Sequence[_Layer]) -> Calendar:
    known = bank_holidays()
    for day in sorted(shape.not_holidays - known.holidays):
        raise _refusal(layers, ("calendar", "not_holidays"), f"{day} is no bank holiday; take it out")
    return replace(known, holidays=(known.holidays | shape.extra_holidays) - shape.not_holidays)


@cache
def bank_holidays() -> Calendar:
    """Return the bank holidays of England and Wales for the years that the ``holidays`` package knows."""
    last_year = country_holidays("GB", subdiv="ENG").end_year
    known = country_holidays("GB", subdiv="ENG", years=range(_FIRST_YEAR, last_year + 1))
    return Calendar(frozenset(known), _FIRST_YEAR, last_year)
