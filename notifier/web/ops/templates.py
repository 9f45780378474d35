"""*Templates*: every message as the victim sees it, made from samples with the words that are in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from notifier import plain_words
from notifier.errors import RenderingError
from notifier.event_types import EVENT_TYPES, Limit, ToneRule
from notifier.records import ChannelName, Form, Rendered, Wording
from notifier.rendering import Renderer
from notifier.rendering_dates import LANGUAGES
from notifier.sms_text import measure
from notifier.store.accounts import Account
from notifier.template_folders import templates_in_force
from notifier.web.auth import Parts
from notifier.web.ops.kept import kept
from notifier.web.ops.languages import LANGUAGES as NAMES
from notifier.web.ops.problems import NotThere
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import Staff
from notifier.wiring import Services
from notifier.wording import preview
from notifier.wording.allowed import ANSWER, COURTESY
from notifier.wording.specimens import FIRST_CONTACT, FORMATS

_FORMS = {
    ChannelName.SMS: Form.SHORT,
    ChannelName.EMAIL: Form.MAIL,
    ChannelName.LETTER: Form.LETTER,
    ChannelName.CALL: Form.SPOKEN,
}
_OTHERS = {"courtesy": COURTESY, "automatic_answer": ANSWER}
ABOUT = (*(row.name for row in EVENT_TYPES.values() if row.told), *_OTHERS)
"""What victims are told of: the types of events, and messages without an event."""
_WHOLE, _NEUTRAL_ONLY = (Wording.FULL, Wording.NEUTRAL), (Wording.NEUTRAL,)
_SHORT, _PAST, _FRAME = "short.txt", "past.txt", "words.txt"
FILES = {
    "subject.txt": "subject",
    "full.txt": "full text",
    "easy.txt": "easy read",
    _SHORT: "text message",
    _PAST: "as the last step",
    _FRAME: "all words",
}
# The page of an email as a mail program would show it: nothing in it is loaded, run or sent.
_ALONE = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
}

routes = APIRouter()


def formats_of(channel: ChannelName) -> tuple[str, ...]:
    """Return the formats that there are: what is short or said has one only."""
    return FORMATS if channel in (ChannelName.EMAIL, ChannelName.LETTER) else FORMATS[:1]


def wordings_of(about: str, channel: ChannelName) -> tuple[Wording, ...]:
    """Return how much of the news a message may carry: only an SMS points to a longer one."""
    if _OTHERS.get(about) == ANSWER:
        return _NEUTRAL_ONLY
    return tuple(Wording) if channel is ChannelName.SMS else _WHOLE


@dataclass(frozen=True, slots=True)
class Choice:
    """Which message is shown."""

    about: str
    channel: ChannelName
    language: str
    format: str
    wording: Wording

    def by(self, channel: ChannelName) -> Choice:
        """Return the same by a channel; what it cannot have there, such as an SMS a format, is as usual."""
        formats, wordings = formats_of(channel), wordings_of(self.about, channel)
        return Choice(
            self.about,
            channel,
            self.language,
            self.format if self.format in formats else formats[0],
            self.wording if self.wording in wordings else wordings[0],
        )

    @property
    def wish(self) -> preview.Wish:
        """What to make of it."""
        folder = _OTHERS.get(self.about, self.about)
        return preview.Wish(folder, _FORMS[self.channel], self.language, self.format, self.wording)

    @property
    def query(self) -> str:
        """The same as a part of an address."""
        return urlencode(asdict(self))


def _chosen(
    about: str = FIRST_CONTACT,
    channel: ChannelName = ChannelName.SMS,
    language: str = LANGUAGES[0],
    format: str = FORMATS[0],  # it is called so in the address
    wording: Wording = Wording.FULL,
) -> Choice:
    if about not in ABOUT or language not in LANGUAGES or format not in FORMATS:
        raise NotThere
    return Choice(about, channel, language, format, wording)


Chosen = Annotated[Choice, Depends(_chosen)]


@dataclass(frozen=True, slots=True)
class _Words:
    """The templates in force: their folders, and what renders them."""

    folders: tuple[Path, ...]
    renderer: Renderer


def _words(request: Request, services: Services) -> _Words:
    return kept(request).get("words", float("inf"), partial(_read_words, services))


def _read_words(services: Services) -> _Words:
    folders = templates_in_force(services.settings.templates_dir)
    return _Words(folders, Renderer(services.policies.timezone, *folders))


def _rendered(request: Request, services: Services, account: Account, choice: Choice) -> Rendered:
    policy = services.policies.of(account.force, services.clock.now())
    return _words(request, services).renderer.render(preview.request_for(choice.wish, policy))


@routes.get("/templates")
def get_templates(request: Request, services: Parts, account: Staff, choice: Chosen) -> Response:
    """Show one message as the victim sees it, and below it what there is."""
    shown = choice.by(choice.channel)
    problem, rendered = None, None
    try:
        rendered = _rendered(request, services, account, shown)
    except RenderingError as wrong:
        problem = str(wrong)
    return page(
        request,
        "templates.html",
        choice=shown,
        is_as_asked=shown == choice,
        about=ABOUT,
        channels=tuple(ChannelName),
        formats=FORMATS,
        wordings=plain_words.WORDINGS,
        names=NAMES,
        problem=problem,
        rendered=rendered,
        sms=measure(rendered.text) if rendered and rendered.form is Form.SHORT else None,
        overview=tuple(overview(_words(request, services).folders)),
    )


@routes.get("/templates/mail.html")
def get_mail(request: Request, services: Parts, account: Staff, choice: Chosen) -> Response:
    """Return an email as a page of its own, to be shown inside of ours."""
    rendered = _rendered(request, services, account, choice.by(ChannelName.EMAIL))
    return HTMLResponse(preview.as_page(rendered), headers=_ALONE)


@routes.get("/templates/letter.pdf")
def get_letter(request: Request, services: Parts, account: Staff, choice: Chosen) -> Response:
    """Return a letter as the print room gets it."""
    rendered = _rendered(request, services, account, choice.by(ChannelName.LETTER))
    headers = {"Content-Disposition": 'inline; filename="letter.pdf"', "X-Content-Type-Options": "nosniff"}
    return Response(preview.as_pdf(rendered), media_type="application/pdf", headers=headers)


@dataclass(frozen=True, slots=True)
class Row:
    """What there is to tell of one thing: ``missing`` names the parts that a language lacks."""

    about: str
    limit: Limit | None
    tone: str | None
    missing: Mapping[str, tuple[str, ...]]


def overview(folders: tuple[Path, ...]) -> Iterator[Row]:
    """Yield what the templates in these folders have; the first that has a file counts."""
    for about in ABOUT:
        row = EVENT_TYPES.get(about)
        missing = {language: _missing(folders, about, language) for language in LANGUAGES}
        yield Row(about, row.limit if row else None, row.tone.value if row else None, missing)


def _missing(folders: tuple[Path, ...], about: str, language: str) -> tuple[str, ...]:
    place = Path(_OTHERS.get(about, about)) / language
    return tuple(
        FILES[file]
        for file in _files_of(about)
        if not any((folder / place / file).is_file() for folder in folders)
    )


def _files_of(about: str) -> tuple[str, ...]:
    """Return the files that are needed: bad news is never in full in an SMS, an update never named again."""
    if _OTHERS.get(about) == ANSWER:
        return (_FRAME,)
    row = EVENT_TYPES.get(about)
    never = _PAST if row is None else _SHORT if row.tone is ToneRule.BAD_NEWS else None
    return tuple(file for file in FILES if file not in (_FRAME, never))
