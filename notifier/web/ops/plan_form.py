"""The form of a contact plan: as it stands, as somebody filled it in, what is wrong, and what changes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import ImmutableMultiDict

from notifier.addresses import AddressRefused, normalise
from notifier.records import ChannelName, ContactPoint, Role, Window
from notifier.rules.policy import ChannelPolicy
from notifier.store.plans import Plan
from notifier.wire import DAYS, WindowShape

CHANNEL_PLACES = range(1, len(ChannelName) + 1)
_BLANK_WINDOWS = 2
_MOST_DAYS = 365
_MOST_WINDOWS = 50
_CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})")
Posted = ImmutableMultiDict[str, str]
_LETTERS = {Role.VICTIM: "v", Role.REPRESENTATIVE: "r"}


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A span of hours as it is written in the form; one without hours is not there."""

    days: tuple[str, ...] = ()
    start: str = ""
    until: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nobody wrote hours into it."""
        return not self.start and not self.until


@dataclass(frozen=True, slots=True)
class PointRow:
    """A contact point as it is written in the form.

    ``key`` begins the names of its fields; ``point`` is the one that it is about, ``None`` for one to add.
    ``safe`` is yes, no, or unsaid: what nobody wrote counts as yes, but not for a letter.
    """

    key: str
    role: Role
    point: ContactPoint | None
    channel: str
    address: str = ""
    safe: str = "unsaid"
    valid_from: str = ""
    valid_until: str = ""
    remove: bool = False
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class PlanForm:
    """All that staff may change."""

    wants: str
    again: bool
    channels: tuple[str, ...]
    windows: tuple[WindowRow, ...]
    strict: bool
    every_days: str
    language: str
    format: str
    discreet: bool
    voicemail: bool
    points: tuple[PointRow, ...] = field(default=())

    @property
    def hours(self) -> tuple[WindowRow, ...]:
        """The spans that somebody wrote."""
        return tuple(row for row in self.windows if not row.is_blank)


def as_it_stands(plan: Plan) -> PlanForm:
    """Return the form of a plan, with room for more hours and for one more contact point of each person."""
    contract, needs = plan.victim.contract, plan.victim.needs
    return PlanForm(
        wants=contract.wants,
        again=False,
        channels=tuple(contract.channels),
        windows=(*(_window_row(one) for one in contract.windows), *[WindowRow()] * _BLANK_WINDOWS),
        strict=contract.windows_strict,
        every_days=str(contract.every_days or ""),
        language=needs.language,
        format=needs.format,
        discreet=needs.discreet,
        voicemail=needs.voicemail,
        points=tuple(_point_rows(plan)),
    )


def _window_row(window: Window) -> WindowRow:
    days = tuple(day for place, day in enumerate(DAYS) if place in window.days)
    until = window.until.strftime("%H:%M") if window.until else "24:00"
    return WindowRow(days, window.start.strftime("%H:%M"), until)


def _point_rows(plan: Plan) -> Iterator[PointRow]:
    for role, points in plan.points.items():
        letter = _LETTERS[role]
        if role is not Role.VICTIM and plan.victim.role is not role:
            continue
        for number, point in enumerate(points):
            yield PointRow(
                f"{letter}{number}",
                role,
                point,
                point.channel,
                point.address,
                "no" if not point.safe else "yes" if point.safe_written else "unsaid",
                point.valid_from.isoformat() if point.valid_from else "",
                point.valid_until.isoformat() if point.valid_until else "",
            )
        yield PointRow(f"{letter}-new", role, None, ChannelName.SMS)


def as_filled_in(posted: Posted, plan: Plan) -> PlanForm:
    """Return the form as somebody filled it in."""
    return PlanForm(
        wants=posted.get("wants", ""),
        again=_ticked(posted, "again"),
        channels=tuple(name for place in CHANNEL_PLACES if (name := posted.get(f"channel{place}", ""))),
        windows=tuple(_posted_windows(posted)),
        strict=_ticked(posted, "strict"),
        every_days=posted.get("every_days", "").strip(),
        language=posted.get("language", ""),
        format=posted.get("format", ""),
        discreet=_ticked(posted, "discreet"),
        voicemail=_ticked(posted, "voicemail"),
        points=tuple(_posted_point(posted, row) for row in _point_rows(plan)),
    )


def _ticked(posted: Posted, name: str) -> bool:
    return bool(posted.get(name, ""))


def _posted_windows(posted: Posted) -> Iterator[WindowRow]:
    for number in range(_MOST_WINDOWS):
        start, until = (posted.get(f"window{number}-{end}", None) for end in ("from", "until"))
        if start is None or until is None:
            return
        chosen = posted.getlist(f"window{number}-days")
        yield WindowRow(tuple(day for day in DAYS if day in chosen), _clock(start), _clock(until))


def _clock(written: str) -> str:
    """Return a time of day in one form, so that 8:00 and 08:00 are the same."""
    read = _CLOCK.fullmatch(written.strip())
    return f"{int(read[1]):02}:{read[2]}" if read else written.strip()


def _posted_point(posted: Posted, row: PointRow) -> PointRow:
    lines = posted.get(f"{row.key}-address", "").strip().splitlines()
    return replace(
        row,
        channel=row.channel if row.point else posted.get(f"{row.key}-channel", ""),
        address="\n".join(line.strip() for line in lines if line.strip()),
        safe=posted.get(f"{row.key}-safe", "unsaid"),
        valid_from=posted.get(f"{row.key}-from", "").strip(),
        valid_until=posted.get(f"{row.key}-until", "").strip(),
        remove=_ticked(posted, f"{row.key}-remove"),
        confirm=_ticked(posted, f"{row.key}-confirm"),
    )


def mistakes(form: PlanForm, policy: ChannelPolicy, stands: PlanForm) -> dict[str, str]:
    """Return what is wrong, by the name of the field, in words that say the mend."""
    found: dict[str, str] = {}
    if len(set(form.channels)) < len(form.channels):
        found["channel1"] = "Name each channel once."
    days = form.every_days
    if days and not (days.isdecimal() and 1 <= int(days[:4]) <= _MOST_DAYS):
        found["every_days"] = "Give a number of days from 1 to 365, or leave it empty."
    for number, hours in enumerate(form.windows):
        wrong = None if hours.is_blank else _wrong_hours(hours)
        if wrong:
            found[f"window{number}-from"] = wrong
    for row, before in zip(form.points, stands.points, strict=True):
        found |= _wrong_point(row, before, policy)
    return found


def _wrong_hours(row: WindowRow) -> str | None:
    if not row.days:
        return "Choose at least one day for these hours."
    try:
        WindowShape.model_validate(_window(row))
    except ValidationError:
        return "Give hours such as 18:00 and 20:00, the second later than the first; 24:00 is midnight."
    return None


def _wrong_point(row: PointRow, before: PointRow, policy: ChannelPolicy) -> dict[str, str]:
    if row.remove or (row.point is None and not row.address):
        return {}
    found = {}
    try:
        first, last = (date.fromisoformat(day) if day else None for day in (row.valid_from, row.valid_until))
        if first and last and last < first:
            found[f"{row.key}-until"] = "The last day is before the first one."
    except ValueError:
        found[f"{row.key}-from"] = "Give days such as 2026-04-30."
    if row.address != before.address or row.confirm:
        try:
            normalise(
                ChannelName(row.channel),
                row.address,
                allow_international=policy.allow_international,
                allow_foreign_post=policy.allow_foreign_post,
            )
        except AddressRefused as refused:
            found[f"{row.key}-address"] = f"This address cannot be used: {refused.reason}."
        except ValueError:
            found[f"{row.key}-channel"] = "Choose a channel."
    return found


def changes(stands: PlanForm, form: PlanForm) -> dict[str, Any]:
    """Return the partial update that makes one form of the other; empty where they are alike."""
    contract = _contract_changes(stands, form)
    needs: dict[str, Any] = {
        name: getattr(form, name)
        for name in ("language", "format", "discreet", "voicemail")
        if getattr(form, name) != getattr(stands, name)
    }
    hers, theirs = (_point_changes(stands, form, role) for role in (Role.VICTIM, Role.REPRESENTATIVE))
    if theirs:
        needs["representative"] = {"contact_points": theirs}
    update = {"contract": contract, "needs": needs, "contact_points": hers}
    return {name: value for name, value in update.items() if value}


def _contract_changes(stands: PlanForm, form: PlanForm) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if form.wants != stands.wants or form.again:
        changed["wants"] = form.wants
    if form.channels != stands.channels:
        changed["channels"] = list(form.channels) or None
    if form.hours != stands.hours:
        changed["windows"] = [_window(row) for row in form.hours] or None
    if form.strict != stands.strict:
        changed["windows_strict"] = form.strict
    if form.every_days != stands.every_days:
        changed["every_days"] = int(form.every_days) if form.every_days else None
    return changed


def _window(row: WindowRow) -> dict[str, Any]:
    return {"days": list(row.days), "from": row.start, "until": row.until}


def _point_changes(stands: PlanForm, form: PlanForm, role: Role) -> list[dict[str, Any]]:
    pairs = zip(stands.points, form.points, strict=True)
    changed = [_point_change(before, row) for before, row in pairs if row.role is role]
    return [one for one in changed if one]


def _point_change(before: PointRow, row: PointRow) -> dict[str, Any] | None:
    if row.point is None:
        return _new_point(row) if row.address else None
    if row.remove:
        return {"id": row.point.id, "address": None}
    changed: dict[str, Any] = {}
    if row.address != before.address or row.confirm:
        changed["address"] = _address(row)
    if row.safe != before.safe:
        changed["safe"] = _SAFE.get(row.safe)
    for name in ("valid_from", "valid_until"):
        if getattr(row, name) != getattr(before, name):
            changed[name] = getattr(row, name) or None
    return {"id": row.point.id, **changed} if changed else None


_SAFE: Mapping[str, bool] = {"yes": True, "no": False}


def _new_point(row: PointRow) -> dict[str, Any]:
    given = {"safe": _SAFE.get(row.safe), "valid_from": row.valid_from, "valid_until": row.valid_until}
    written = {name: value for name, value in given.items() if value not in (None, "")}
    address = {"channel": row.channel, "address": _address(row)}
    return {"id": f"staff-{uuid.uuid4().hex[:8]}", **address, **written}


def _address(row: PointRow) -> str | dict[str, list[str]]:
    return {"lines": row.address.split("\n")} if row.channel == ChannelName.LETTER else row.address
