"""What the person would see of one message, made from samples: text, a page to look at, a PDF."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Any

from notifier.errors import RenderingError
from notifier.event_types import EVENT_TYPES, Courtesy
from notifier.paper.typesetting import Typesetter, Unprintable
from notifier.records import Form, FullTextBy, LeafletOffer, Needs, Rendered, RenderRequest, Wording
from notifier.rules.policy import Policy
from notifier.sms_text import measure
from notifier.wording import samples
from notifier.wording.allowed import ANSWER, COURTESY
from notifier.wording.specimens import FIRST_CONTACT

_HOLDS_BACK = (Wording.POINTER, Wording.NEWS)
_ENCODINGS = {"gsm7": "GSM-7", "ucs2": "UCS-2"}
_SENDER = "updates@updates.example"  # as it should be: the address alone tells nothing
_HEADER = (
    '<div style="margin: 0 auto 24px; padding: 12px; max-width: 576px; box-sizing: border-box;'
    ' background: #f3f2f1; font: 14px Arial, sans-serif; color: #0b0c0c;">'
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to preview: an event's type or the folder of another message, and how it is told.

    The answer to a reply is always neutral, whatever ``wording`` says.
    """

    about: str
    form: Form
    language: str = "en"
    format: str = "standard"
    wording: Wording = Wording.FULL


def request_for(wish: Wish, policy: Policy) -> RenderRequest:
    """Return the sample message of this kind; its leaflets are the policy's for the sample's offence."""
    wording = Wording.NEUTRAL if wish.about == ANSWER else wish.wording
    discreet = wording is Wording.NEUTRAL
    needs = Needs(language=wish.language, format=wish.format, discreet=discreet)
    victim = replace(samples.VICTIM, needs=needs)
    full_text_by = FullTextBy.EMAIL if wording in _HOLDS_BACK else None
    how = {"wording": wording, "victim": victim, "full_text_by": full_text_by}
    return samples.request(wish.form, **how, **_content(wish, policy))


def _content(wish: Wish, policy: Policy) -> dict[str, Any]:
    if wish.about == ANSWER:
        return {}
    if wish.about == COURTESY:
        return {"courtesy": samples.courtesy()}
    leaflets = policy.leaflets_for(samples.CASE.offence) if wish.about == FIRST_CONTACT else ()
    offers = tuple(LeafletOffer(leaflet.name, leaflet.where) for leaflet in leaflets)
    content: dict[str, Any] = {"events": (samples.event(wish.about),), "leaflets": offers}
    ends = EVENT_TYPES[wish.about].courtesy is Courtesy.STOPS
    return {**content, "next_update": None} if ends else content


def as_text(rendered: Rendered) -> str:
    """Return the words; of an SMS as it is sent and what it takes, of an email with its head."""
    match rendered.form:
        case Form.SHORT:
            sms = measure(rendered.text)
            segments = f"{sms.segments} segment{'s' if sms.segments > 1 else ''}"
            return f"{sms.sent_as}\n\n({segments}, {_ENCODINGS[sms.encoding]}, {len(sms.sent_as)} characters)"
        case Form.MAIL:
            head = "\n".join(f"{name}: {value}" for name, value in _head(rendered))
            return f"{head}\n\n{rendered.text}"
    return rendered.text


def as_page(rendered: Rendered) -> str:
    """Return an email as a page of its own: its head, then the HTML as it is sent."""
    before, body, rest = (rendered.html or "").partition("<body")
    attributes, _, content = rest.partition(">")
    lines = "<br>\n".join(f"<b>{name}:</b> {escape(value)}" for name, value in _head(rendered))
    return f"{before}{body}{attributes}>\n{_HEADER}{lines}</div>{content}"


def as_pdf(rendered: Rendered) -> bytes:
    """Return a letter as the print room gets it; raises :class:`RenderingError` where it cannot be."""
    assert rendered.letter is not None
    address = (f"{samples.VICTIM.name.title} {samples.VICTIM.name.family}", *samples.ADDRESS_LINES)
    addressed = replace(rendered, letter=replace(rendered.letter, address=address))
    try:
        return Typesetter().letter(addressed, samples.NOW).content
    except Unprintable:
        message = "the letter cannot be printed: take out characters that Open Sans does not have"
    raise RenderingError(message)


def _head(rendered: Rendered) -> tuple[tuple[str, str], ...]:
    attached = ", ".join(leaflet.file_name for leaflet in rendered.leaflets)
    head = (("From", _SENDER), ("To", samples.EMAIL_ADDRESS), ("Subject", rendered.subject or ""))
    return (*head, ("Attached", attached)) if attached else head
