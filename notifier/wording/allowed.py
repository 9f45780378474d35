"""The fields that a template may print: those that ``rendering_fields`` hands over where it stands."""

from __future__ import annotations

from functools import cache

from notifier.event_types import EVENT_TYPES
from notifier.records import Form
from notifier.rendering_dates import LANGUAGES, Dates
from notifier.rendering_fields import Fields, courtesy_fields, event_fields, message_fields
from notifier.wording import samples

COURTESY, FRAME, NEUTRAL, SHARED, LEAFLETS = "_courtesy", "_frame", "_neutral", "_shared", "_leaflets"
ANSWER = "_answer"
MAIL_PAGE = "mail.html"

_FRAME_FILES = ("words.txt", "easy.txt")
_EVENT_FILES = ("subject.txt", "full.txt", "easy.txt", "short.txt", "past.txt")
# What the layout of an email gets in place of fields, all of it made already.
_PAGE = (
    *("language", "subject", "sender", "salutation", "paragraphs", "closing", "contact_details", "format"),
)
_DATES = Dates("en", samples.NOW, samples.TIMEZONE)


def fields_of(path: str) -> Fields | None:
    """Return the fields of the template at ``path``; a field that has fields of its own is a mapping.

    ``None`` for a template that only others include: it has theirs. Raises ``LookupError``, in words, for a
    path that nothing reads.
    """
    match path.split("/"):
        case [str(folder), str(language), str(file)] if language in LANGUAGES:
            return _fields_in(folder, file)
        case [str(folder), str(file)] if (folder, file) == (FRAME, MAIL_PAGE):
            return _message() | dict.fromkeys(_PAGE)
        case [str(folder), _, str(file)] if folder == LEAFLETS and file.removesuffix(".txt") in LANGUAGES:
            return _message()
    raise LookupError(f"nothing reads it: name it FOLDER/LANGUAGE/FILE (languages: {', '.join(LANGUAGES)})")


def _fields_in(folder: str, file: str) -> Fields | None:
    if folder == SHARED:
        return None
    frame = folder in (FRAME, NEUTRAL, ANSWER)
    known = _FRAME_FILES if frame else _EVENT_FILES
    if file not in known:
        raise LookupError(f"nothing reads it: the files here are {', '.join(known)}")
    return _message() if frame else _message() | {"brief": False} | _told(folder)


@cache
def _message() -> Fields:
    asked = samples.request(Form.MAIL, events=(samples.event("victim.registered"),))
    return message_fields(asked, _DATES)


@cache
def _told(folder: str) -> Fields:
    if folder == COURTESY:
        return {"courtesy": courtesy_fields(samples.courtesy(), "", _DATES, free_text=True)}
    row = EVENT_TYPES.get(folder)
    if row is None or not row.told:
        raise LookupError(f"nothing reads it: {folder} is no event that victims are told of")
    return {"event": event_fields(samples.event(row.name), _DATES, free_text=True, item_limit=None)}
