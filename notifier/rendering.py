"""Makes a message's words: what is to be told becomes an SMS, an email, a letter or what to say on a call.

A folder of templates holds what is said about one event (``<event type>/<language>/``). What stands
around the news is the frame: ``_frame`` for everyone, ``_neutral`` for discreet messages, each a file of
macros, and for easy read those that differ in ``easy.txt``. Leaflets stand in ``_leaflets/<name>/``. How it
is laid out stands here and in ``_frame/mail.html``, for every language.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier.errors import RenderingError
from notifier.event_types import EVENT_TYPES, ToneRule
from notifier.records import (
    CaseEvent,
    Form,
    FullTextBy,
    LeafletOffer,
    LeafletText,
    LetterContent,
    Rendered,
    RenderRequest,
    Wording,
)
from notifier.rendering_dates import Dates
from notifier.rendering_fields import (
    Fields,
    courtesy_fields,
    event_fields,
    leaflets_offered,
    message_fields,
    whom_to_call,
)
from notifier.rendering_text import flat, joined, lines, one_sentence_a_line, paragraphs
from notifier.sms_text import measure
from notifier.template_folders import SHIPPED, environment

FALLBACK_LANGUAGE = "en"

_COURTESY = "_courtesy"
_ANSWER = "_answer"
# How long an item of a list may be in an SMS: as long as it is, then ever shorter until the SMS fits.
_ITEM_LIMITS = (None, 60, 40, 25)


class Renderer:
    """Renders messages from folders of templates; one serves many threads.

    ``timezone`` is the policy's: every date in a text is local. Of ``folders`` the first that has a file
    counts (see :func:`notifier.template_folders.templates_in_force`); none means ours.
    """

    def __init__(self, timezone: ZoneInfo, *folders: Path) -> None:
        self._timezone = timezone
        self._folders = folders or (SHIPPED,)
        self._environment = environment(self._folders)

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
        files = [Path(frame.filename) for frame in traceback.extract_tb(problem.__traceback__)]
        found = [(file, home) for file in files for home in self._folders if file.is_relative_to(home)]
        where = found[-1][0].relative_to(found[-1][1]) if found else "message"
        return f"{where} cannot be filled ({type(problem).__name__}): a field is missing or empty; mend it"


def _check(request: RenderRequest) -> None:
    person = whom_to_call(request)
    if request.wording is Wording.NEUTRAL and (person is None or not person.phone):
        raise RenderingError(
            "a discreet message needs a number to call: record the officer's or the unit's phone"
        )
    if request.form is Form.LETTER and not request.victim.recipient.family:
        raise RenderingError("a letter needs the family name of whom it is for: record it")


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
            text = flat(self._frame("short", self._short_news(limit)))
            if measure(text).segments <= self.request.max_segments:
                break
        return self._rendered(text)

    def _mail(self) -> Rendered:
        subject, salutation, closing = self._subject(), self._frame("salutation"), self._frame("closing")
        body, details = self._body(), lines(self._frame("contact_details"))
        html = self._fill(
            "_frame/mail.html",
            language=self.language,
            subject=subject,
            sender=lines(self._frame("sender")),
            salutation=salutation,
            paragraphs=body,
            closing=closing,
            contact_details=details,
            format=self._format,
        )
        text = joined(salutation, *body, closing, "\n".join(details))
        return self._rendered(text, subject=subject, html=html)

    def _letter(self) -> Rendered:
        letter = LetterContent(
            sender=lines(self._frame("sender")),
            address=(),  # the channel has it
            date=self.dates.full_day(self.dates.today),
            salutation=self._frame("salutation"),
            reference_line=self._frame("reference"),
            closing=self._frame("closing"),
            officer=lines(self._frame("contact_details")),
        )
        body = self._body()
        text = joined(
            letter.date,
            letter.reference_line,
            letter.salutation,
            *body,
            letter.closing,
            "\n".join(letter.officer),
        )
        return self._rendered(text, subject=self._subject(), paragraphs=body, letter=letter)

    def _spoken(self) -> Rendered:
        before, details = self._frame("before_speaking"), "\n".join(lines(self._frame("contact_details")))
        text = joined(*paragraphs(before), *self._body(), details)
        return self._rendered(text)

    def _rendered(self, text: str, **parts: Any) -> Rendered:
        form, format_ = self.request.form, self._format
        return Rendered(form, self.language, text, format=format_, leaflets=self._leaflets, **parts)

    def _subject(self) -> str:
        several_or_neutral = self._neutral or len(self.request.events) > 1
        text = self._frame("subject") if several_or_neutral else self._each("subject.txt")[0]
        return flat(text)

    def _body(self) -> tuple[str, ...]:
        """Write the paragraphs between salutation and closing.

        Easy read has a file of its own in every folder, ``easy.txt``, with the fields of ``full.txt``: short
        sentences, one idea in each. Whatever its line ends, each sentence comes on a line of its own.
        """
        news = () if self._neutral else self._each("easy.txt" if self._easy else "full.txt")
        parts = (self._frame("opening"), *news, self._leaflets_named(), self._frame("ending"))
        return tuple(self._laid(paragraph) for part in parts for paragraph in paragraphs(part))

    def _leaflets_named(self) -> str:
        if not self._leaflets:
            return ""
        if self.request.form is Form.LETTER:
            return self._frame("enclosed", [leaflet.title for leaflet in self._leaflets])
        return self._frame(
            "attached", [f"{leaflet.title} ({leaflet.file_name})" for leaflet in self._leaflets]
        )

    @cached_property
    def _leaflets(self) -> tuple[LeafletText, ...]:
        """The leaflets that go with a letter or an email; an SMS says where they are."""
        offers = leaflets_offered(self.request) if self._written else ()
        return tuple(self._leaflet(number, offer) for number, offer in enumerate(offers, start=1))

    def _leaflet(self, number: int, offer: LeafletOffer) -> LeafletText:
        """Fill a leaflet; the first line of its file is its title."""
        title, _, body = self._fill(f"_leaflets/{offer.name}/{self.language}.txt").strip().partition("\n")
        words = tuple(self._laid(paragraph) for paragraph in paragraphs(body))
        return LeafletText(self._frame("leaflet_file", number), title, words)

    def _laid(self, paragraph: str) -> str:
        return one_sentence_a_line(paragraph) if self._easy else paragraph

    def _short_news(self, item_limit: int | None) -> str:
        """Return what the frame of an SMS is put around; a limit means that the whole was too long."""
        if self._neutral:
            return ""
        if self._holds_back:
            return self._frame("news")
        brief = item_limit is not None
        where = self._where_leaflets_are(brief=brief)
        if brief and len(self.request.events) > 1:
            clauses = [flat(clause) for clause in self._each("past.txt")]
            return " ".join((self._frame("several", clauses), where))
        return " ".join((*self._each("short.txt", item_limit), where))

    def _where_leaflets_are(self, *, brief: bool) -> str:
        come_in_writing = self.request.full_text_by in (FullTextBy.EMAIL, FullTextBy.LETTER)
        if come_in_writing or not leaflets_offered(self.request):
            return ""
        known = bool(self._fields["leaflets"]["places"])
        return self._frame("leaflets_at" if known and not brief else "leaflets_brief")

    def _each(self, file: str, item_limit: int | None = None) -> tuple[str, ...]:
        """Fill ``file`` of every event's folder, oldest first, or of the courtesy update's."""
        content = self.request.courtesy
        if content is None:
            return tuple(self._fill_for(event, file, item_limit) for event in self.request.events)
        last = flat(self._fill_for(content.last_event, "past.txt")) if content.last_event else None
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
        words = next(words for words in self._macros if hasattr(words, macro))
        return str(getattr(words, macro)(*arguments)).strip()

    @cached_property
    def _macros(self) -> tuple[Any, ...]:
        """The frame's macros; easy read and an answer to a reply have some of their own, which come first."""
        folder = "_neutral" if self._neutral else "_frame"
        own = [(_ANSWER, "words.txt")] if self._tells_nothing else []
        own += [(folder, "easy.txt")] if self._easy else []
        files = (f"{where}/{self.language}/{file}" for where, file in (*own, (folder, "words.txt")))
        templates = (self.environment.get_template(file) for file in files)
        return tuple(template.make_module(self._fields) for template in templates)

    @cached_property
    def _fields(self) -> Fields:
        return message_fields(self.request, self.dates)

    @property
    def _neutral(self) -> bool:
        return self.request.wording is Wording.NEUTRAL

    @property
    def _tells_nothing(self) -> bool:
        return not self.request.events and self.request.courtesy is None

    @property
    def _format(self) -> str:
        return self.request.victim.needs.format

    @property
    def _easy(self) -> bool:
        """Whether the words are easy read; an SMS, a call and a discreet message are short as they are."""
        return self._written and self._format == "easy_read" and not self._neutral

    @property
    def _written(self) -> bool:
        return self.request.form in (Form.MAIL, Form.LETTER)

    @property
    def _free_text(self) -> bool:
        return not self._fields["pointer"]

    @property
    def _holds_back(self) -> bool:
        """Whether an SMS only says that there is news: bad news never goes in full by it."""
        rows = (EVENT_TYPES[event.type] for event in self.request.events)
        return self.request.wording is Wording.NEWS or any(row.tone is ToneRule.BAD_NEWS for row in rows)
