"""The shapes inside events as publishers write them (contract, "Events in"), checked by pydantic.

Unknown extra fields are ignored here; the whole event is kept as it came.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    model_validator,
)

from notifier.records import ChannelName, StaffMember, Window

Reference = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")]
EndTime = Annotated[str, StringConstraints(pattern=r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
_Day = TypeVar("_Day", bound=date)


def _written(value: object) -> object:
    """Refuse a number: it would be taken for seconds or milliseconds, by its size."""
    if isinstance(value, bool | int | float):
        raise ValueError(
            "is not a time; give a time with its offset, such as 2026-04-01T09:30:00+01:00, or a day as text"
        )
    return value


def within_years(first: int, last: int) -> Callable[[_Day], _Day]:
    """Return a check that a time or day is no slip: where calendars end, times have no neighbours."""

    def check(value: _Day) -> _Day:
        if not first <= value.year <= last:
            raise ValueError(f"the year is not between {first} and {last}; correct it")
        return value

    return check


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(within_years(1900, 2199))]
LocalDay = Annotated[date, BeforeValidator(_written), AfterValidator(within_years(1900, 9999))]
"""A local day; 9999-12-31 is how many systems write that something has no end."""


class Shape(BaseModel):
    """A part of an event: frozen, extra fields ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Staff(Shape):
    """An officer, supervisor, unit or cover."""

    id: Reference
    name: Text
    email: str | None = None
    phone: str | None = None
    next_shifts: tuple[str, ...] = ()

    def record(self) -> StaffMember:
        """Return the record of the same person."""
        return StaffMember(self.id, self.name, self.email, self.phone, self.next_shifts)


class Name(Shape):
    """A victim's name."""

    title: str = ""
    given: str = ""
    family: str = ""


class PostalAddress(Shape):
    """A letter's address; its lines are counted and checked when it is normalised."""

    lines: tuple[str, ...]


class ContactPointShape(Shape):
    """One address of a person as published."""

    id: Reference
    channel: ChannelName
    address: str | PostalAddress
    safe: bool = True
    valid_from: LocalDay | None = None
    valid_until: LocalDay | None = None

    @property
    def safe_written(self) -> bool:
        """Whether the publisher wrote ``safe: true`` (the *explicit* of the contract)."""
        return "safe" in self.model_fields_set and self.safe


class WindowShape(Shape):
    """A span of local time in which the victim wants to hear."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    start: ClockTime = Field(alias="from")
    until: EndTime

    @model_validator(mode="after")
    def _until_is_later(self) -> WindowShape:
        record = self.record()
        if record.until is not None and record.until <= record.start:
            raise ValueError("'until' must be later than 'from'; split a window that crosses midnight in two")
        return self

    def record(self) -> Window:
        """Return the record of the same window."""
        until = None if self.until == "24:00" else _clock(self.until)
        return Window(frozenset(DAYS.index(day) for day in self.days), _clock(self.start), until)


def _clock(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


class ContractShape(Shape):
    """The agreement with the victim."""

    wants: Literal["all", "key_events", "none"] = "all"
    channels: tuple[ChannelName, ...] = ()
    windows: tuple[WindowShape, ...] = ()
    windows_strict: bool = False
    every_days: Annotated[int, Field(ge=1, le=365)] | None = None


class RepresentativeShape(Shape):
    """Who is told instead of the victim."""

    name: Name | str
    contact_points: tuple[ContactPointShape, ...] = ()


class NeedsShape(Shape):
    """How the victim must be written to."""

    language: Literal["en", "cy"] = "en"
    format: Literal["standard", "large_print", "easy_read"] = "standard"
    discreet: bool = False
    voicemail: bool = False
    representative: RepresentativeShape | None = None


def patch_of(shape: type[Shape], **replaced: Any) -> Any:
    """Return a shape with the same fields, each of which may be left out or null (a partial update)."""
    fields: dict[str, Any] = {}
    for name, field in shape.model_fields.items():
        kind: Any = replaced.get(name, field.annotation)
        fields[name] = (kind | None, Field(None, alias=field.alias))
    if "id" in shape.model_fields:
        fields["id"] = (Reference, ...)
    return create_model(f"{shape.__name__}Patch", __base__=Shape, **fields)


class VictimProfile(Shape):
    """A victim as all her events together describe her."""

    victim_id: Reference
    name: Name = Name()
    contact_points: tuple[ContactPointShape, ...] = ()
    contract: ContractShape = ContractShape()
    needs: NeedsShape = NeedsShape()
    enhanced: bool = False
