"""Makes a message's words: what is to be told becomes an SMS, an email, a letter or what to say on a call.

A folder of templates holds what is said about one event (``<event type>/<language>/``). What stands
around the news is the frame: ``_frame`` for everyone, ``_neutral`` for discreet messages, each one file of
macros. How it is laid out stands here and in ``_frame/mail.html``, for every language.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier.errors import RenderingError
from notifier.event_types import EVENT_TYPES, ToneRule
from notifier.records import CaseEvent, Form, LetterContent, Rendered, RenderRequest, Wording
from notifier.rendering_dates import Dates
from notifier.rendering_fields import (
    Fields,
    courtesy_fields,
    event_fields,
    message_fields,
    phrase,
    sentence,
    whom_to_call,
)
from notifier.sms_text import measure

FALLBACK_LANGUAGE = "en"
MOST_SEGMENTS = 3  # our policy: longer ones arrive in pieces or not at all

_SHIPPED = Path(__file__).with_name("templates")
_COURTESY = "_courtesy"
# How long an item of a list may be in an SMS: as long as it is, then ever shorter until the SMS fits.
_ITEM_LIMITS = (None, 60, 40, 25)


class Renderer:
    """Renders messages from a folder of templates; one serves many threads.

    ``timezone`` is the policy's: every date in a text is local. ``folder`` replaces the shipped templates.
    """

    def __init__(self, timezone: ZoneInfo, folder: Path | None = None) -> None:
        self._timezone = timezone
        self._folder = folder or _SHIPPED
        self._environment = _environment(self._folder)

    def render(self, request: RenderRequest) -> Rendered:
        """Return the message's words, in English where a template is not there in the victim's language.

        An SMS never tells bad news in full, whatever ``request.wording`` asks (rules, section 3).
        Raises :class:`RenderingError` when the words cannot be made whole; it names no person.
        """
        _check(request)
        try:
            for language in (request.victim.needs.language, FALLBACK_LANGUAGE):
                dates = Dates(language, request.now, self._timezone)
                try:
                    return _Writer(self._environment, request, language, dates).rendered()
                except TemplateNotFound as problem:
                    missing = problem.name
        except Exception as problem:
            # A template can fail in any way, and the failure's own words may hold what it was given.
            raise RenderingError(self._complaint(problem)) from None
        raise RenderingError(f"there is no template {missing}: write it")

    def _complaint(self, problem: Exception) -> str:
        frames = (Path(frame.filename) for frame in traceback.extract_tb(problem.__traceback__))
        templates = [path for path in frames if path.is_relative_to(self._folder)]
        where = templates[-1].relative_to(self._folder) if templates else "message"
        return f"{where} cannot be filled ({type(problem).__name__}): a field is missing or empty; mend it"


def _check(request: RenderRequest) -> None:
    person = whom_to_call(request)
    if request.wording is Wording.NEUTRAL and (person is None or not person.phone):
        raise RenderingError(
            "a discreet message needs a number to call: record the officer's or the unit's phone"
        )
    if request.form is Form.LETTER and not request.victim.recipient.family:
        raise RenderingError("a letter needs the family name of whom it is for: record it")


def _environment(folder: Path) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html",), default=False),
        finalize=_not_empty,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters |= {"sentence": sentence, "phrase": phrase}
    return environment


def _not_empty(value: Any) -> Any:
    """Refuse to print an unknown value: "Call None" must never reach anyone."""
    if value is None:
        raise ValueError("a template prints a field that is empty")
    return value


@dataclass(frozen=True)
class _Writer:
    """Writes one message in one language."""

    environment: ImmutableSandboxedEnvironment
    request: RenderRequest
    language: str
    dates: Dates

    def rendered(self) -> Rendered:
        forms: dict[Form, Callable[[], Rendered]] = {
            Form.SHORT: self._short,
            Form.MAIL: self._mail,
            Form.LETTER: self._letter,
            Form.SPOKEN: self._spoken,
        }
        return forms[self.request.form]()

    def _short(self) -> Rendered:
        """Write an SMS; where it is too long, several events become clauses and long lists are cut."""
        for limit in _ITEM_LIMITS:
            text = _flat(self._frame("short", self._short_news(limit)))
            if measure(text).segments <= MOST_SEGMENTS:
                break
        return Rendered(Form.SHORT, self.language, text)

    def _mail(self) -> Rendered:
        subject, salutation, closing = self._subject(), self._frame("salutation"), self._frame("closing")
        paragraphs, details = self._paragraphs(), _lines(self._frame("contact_details"))
        html = self._fill(
            "_frame/mail.html",
            language=self.language,
            subject=subject,
            sender=_lines(self._frame("sender")),
            salutation=salutation,
            paragraphs=paragraphs,
            closing=closing,
            contact_details=details,
            large_print=self.request.victim.needs.format == "large_print",
        )
        text = _text(salutation, *paragraphs, closing, "\n".join(details))
        return Rendered(Form.MAIL, self.language, text, subject, html)

    def _letter(self) -> Rendered:
        letter = LetterContent(
            sender=_lines(self._frame("sender")),
            address=(),  # the channel has it
            date=self.dates.full_day(self.dates.today),
            salutation=self._frame("salutation"),
            reference_line=self._frame("reference"),
            closing=self._frame("closing"),
            officer=_lines(self._frame("contact_details")),
            language=self.language,
            format=self.request.victim.needs.format,
        )
        paragraphs = self._paragraphs()
        text = _text(
            letter.date,
            letter.reference_line,
            letter.salutation,
            *paragraphs,
            letter.closing,
            "\n".join(letter.officer),
        )
        return Rendered(
            Form.LETTER, self.language, text, self._subject(), paragraphs=paragraphs, letter=letter
        )

    def _spoken(self) -> Rendered:
        before, details = self._frame("before_speaking"), "\n".join(_lines(self._frame("contact_details")))
        text = _text(*_paragraphs(before), *self._paragraphs(), details)
        return Rendered(Form.SPOKEN, self.language, text)

    def _subject(self) -> str:
        several_or_neutral = self._neutral or len(self.request.events) > 1
        text = self._frame("subject") if several_or_neutral else self._each("subject.txt")[0]
        return _flat(text)

    def _paragraphs(self) -> tuple[str, ...]:
        news = () if self._neutral else self._each("full.txt")
        parts = (self._frame("opening"), *news, self._frame("ending"))
        return tuple(paragraph for part in parts for paragraph in _paragraphs(part))

    def _short_news(self, item_limit: int | None) -> str:
        """Return what the frame of an SMS is put around; a limit means that the whole was too long."""
        if self._neutral:
            return ""
        if self._holds_back:
            return self._frame("news")
        if item_limit is not None and len(self.request.events) > 1:
            return self._frame("several", [_flat(clause) for clause in self._each("past.txt")])
        return " ".join(self._each("short.txt", item_limit))

    def _each(self, file: str, item_limit: int | None = None) -> tuple[str, ...]:
        """Fill ``file`` of every event's folder, oldest first, or of the courtesy update's."""
        content = self.request.courtesy
        if content is None:
            return tuple(self._fill_for(event, file, item_limit) for event in self.request.events)
        last = _flat(self._fill_for(content.last_event, "past.txt")) if content.last_event else None
        fields = courtesy_fields(content, last, self.dates, free_text=self._free_text)
        path = f"{_COURTESY}/{self.language}/{file}"
        return (self._fill(path, courtesy=fields, brief=item_limit is not None),)

    def _fill_for(self, event: CaseEvent, file: str, item_limit: int | None = None) -> str:
        fields = event_fields(event, self.dates, free_text=self._free_text, item_limit=item_limit)
        path = f"{event.type}/{self.language}/{file}"
        return self._fill(path, event=fields, brief=item_limit is not None)

    def _fill(self, path: str, **fields: Any) -> str:
        return self.environment.get_template(path).render(self._fields | fields)

    def _frame(self, macro: str, *arguments: Any) -> str:
        return str(getattr(self._macros, macro)(*arguments)).strip()

    @cached_property
    def _macros(self) -> Any:
        folder = "_neutral" if self._neutral else "_frame"
        return self.environment.get_template(f"{folder}/{self.language}/words.txt").make_module(self._fields)

    @cached_property
    def _fields(self) -> Fields:
        return message_fields(self.request, self.dates)

    @property
    def _neutral(self) -> bool:
        return self.request.wording is Wording.NEUTRAL

    @property
    def _free_text(self) -> bool:
        return not self._fields["pointer"]

    @property
    def _holds_back(self) -> bool:
        """Whether an SMS only says that there is news: bad news never goes in full by it."""
        rows = (EVENT_TYPES[event.type] for event in self.request.events)
        return self.request.wording is Wording.NEWS or any(row.tone is ToneRule.BAD_NEWS for row in rows)


def _text(*paragraphs: str) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in map(str.strip, text.splitlines()) if line)


def _paragraphs(text: str) -> tuple[str, ...]:
    """Split at empty lines. A template's own line ends mean nothing, but lines with "- " are a list."""
    return tuple(_paragraph(_lines(block)) for block in re.split(r"\n\s*\n", text.strip()) if block)


def _paragraph(lines: Iterable[str]) -> str:
    lines = tuple(lines)
    return ("\n" if lines[0].startswith("- ") else " ").join(lines)
