"""Every message that is looked at: each event in each form, language, format and wording, with samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any, get_args

from notifier.event_data import Offence
from notifier.event_types import EVENT_TYPES, ToneRule
from notifier.records import CaseEvent, Form, FullTextBy, LeafletOffer, Needs, RenderRequest, Wording
from notifier.rendering_dates import LANGUAGES
from notifier.rules.policy import Leaflet, Policy
from notifier.wire import NeedsShape
from notifier.wording import samples
from notifier.wording.allowed import ANSWER, COURTESY

FIRST_CONTACT = "victim.registered"
FORMATS: tuple[str, ...] = get_args(NeedsShape.model_fields["format"].annotation)

_WRITTEN = (Form.MAIL, Form.LETTER)
_USUAL = (FORMATS[0], Wording.FULL)
_NOBODY: dict[str, Any] = {"contact": None, "case": replace(samples.CASE, supervisor=None, unit=None)}
_PEOPLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a representative", {"victim": samples.REPRESENTED}),
    ("a representative who is offered a meeting", {"victim": samples.REPRESENTED, "offer_meeting": True}),
    ("nobody to call, no next update", {**_NOBODY, "next_update": None}),
    ("a stand-in", {"contact": samples.SUPERVISOR}),
    ("a meeting offered", {"offer_meeting": True}),
    ("voicemail agreed", {"victim": replace(samples.VICTIM, needs=Needs(voicemail=True))}),
)


@dataclass(frozen=True, slots=True)
class Specimen:
    """One message to look at.

    ``about`` is the folder of its templates, or says what it is; ``sample`` what is special about its data.
    """

    about: str
    sample: str
    request: RenderRequest


def specimens(policy: Policy) -> Iterator[Specimen]:
    """Yield a message for every row that is told, and for the no-progress update, in all that can happen.

    The policy says which leaflets go with the first contact.
    """
    for row in EVENT_TYPES.values():
        if row.told:
            for sample, event in samples.variants(row):
                yield from _in_every_way(row.name, sample, events=(event,))
            yield from _to_everyone(row.name, events=(samples.event(row.name),))
    for sample, content in samples.courtesies():
        yield from _in_every_way(COURTESY, sample, courtesy=content)
    yield from _to_everyone(COURTESY, courtesy=samples.courtesy())
    for leaflets in _sets_of_leaflets(policy):
        yield from _with(leaflets)
    yield from _worded(ANSWER, "the answer to a reply", (Wording.NEUTRAL,))
    for events in _joined():
        sample = ", ".join(event.type for event in events)
        yield from _worded("several events", sample, (Wording.FULL,), events=events)


def _sets_of_leaflets(policy: Policy) -> Iterable[tuple[Leaflet, ...]]:
    sets = (policy.leaflets_for(offence) for offence in get_args(Offence))
    return {tuple(leaflet.name for leaflet in one): one for one in sets if one}.values()


def _with(leaflets: Iterable[Leaflet]) -> Iterator[Specimen]:
    offers = tuple(LeafletOffer(leaflet.name, leaflet.where) for leaflet in leaflets)
    sample = f"leaflets {', '.join(offer.name for offer in offers)}"
    first = (samples.event(FIRST_CONTACT),)
    yield from _worded(FIRST_CONTACT, sample, (Wording.FULL, Wording.NEUTRAL), events=first, leaflets=offers)


def _in_every_way(about: str, sample: str, **content: Any) -> Iterator[Specimen]:
    yield from _worded(about, sample, (Wording.FULL, Wording.NEUTRAL), **content)
    for wording, by in product((Wording.POINTER, Wording.NEWS), FullTextBy):
        yield from _laid_out(about, sample, (Form.SHORT,), wording=wording, full_text_by=by, **content)


def _to_everyone(about: str, **content: Any) -> Iterator[Specimen]:
    for sample, changes in _PEOPLE:
        yield from _worded(about, sample, (Wording.FULL,), **content, **changes)


def _worded(about: str, sample: str, wordings: Iterable[Wording], **changes: Any) -> Iterator[Specimen]:
    for wording in wordings:
        yield from _laid_out(about, sample, Form, wording=wording, **changes)


def _laid_out(about: str, sample: str, forms: Iterable[Form], **changes: Any) -> Iterator[Specimen]:
    """Yield the message in each language, and where it is written on paper or by email in each format."""
    for form, language in product(forms, LANGUAGES):
        for format_ in FORMATS if form in _WRITTEN else FORMATS[:1]:
            asked = samples.request(form, **changes)
            discreet = asked.wording is Wording.NEUTRAL
            needs = replace(asked.victim.needs, language=language, format=format_, discreet=discreet)
            special = (sample, *(str(way) for way in (format_, asked.wording) if way not in _USUAL))
            victim = replace(asked.victim, needs=needs)
            yield Specimen(about, ", ".join(special), replace(asked, victim=victim))


def _joined() -> Iterator[tuple[CaseEvent, ...]]:
    """Yield routine events, two in one message (rules, section 4)."""
    routine = [row.name for row in EVENT_TYPES.values() if row.told and row.tone is ToneRule.ROUTINE]
    for names in pairwise(routine):
        yield tuple(samples.event(name) for name in names)
