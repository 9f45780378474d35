"""The check over all words: every message is rendered from samples, and what is wrong with it is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notifier.errors import RenderingError
from notifier.records import Form, Rendered, RenderRequest, Wording
from notifier.rendering import Renderer
from notifier.rules.policy import Policy
from notifier.sms_text import measure
from notifier.template_folders import refusals
from notifier.wording import samples
from notifier.wording.allowed import LEAFLETS
from notifier.wording.forbidden import shown_by_sms, shown_by_subject, shown_though_discreet
from notifier.wording.grade import prose_in, prose_of, reading_grade
from notifier.wording.specimens import Specimen

_ENGLISH = "en"
_GRADED = (Form.SHORT, Form.LETTER)  # an email and a call have the paragraphs of the letter
_UNFINISHED = re.compile(r"\bNone\b|[{}]|\.\.(?!\.)|\s[.,;)]")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the words; ``wrong`` says it, with the mend.

    ``where`` is a file or an event's folder. Where a rendered message is meant, ``form`` and ``language`` are
    set, and ``sample`` says which message it was.
    """

    where: str
    wrong: str
    form: Form | None = None
    language: str | None = None
    sample: str | None = None

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.where, self.form, self.language) if part)
        return f"{place}: {self.wrong}{f' ({self.sample})' if self.sample else ''}"


class _Jargon:
    """The policy's words to avoid, found whole and in any case of letters."""

    def __init__(self, better: Mapping[str, str]) -> None:
        self._better = {word.casefold(): instead for word, instead in better.items()}
        words = "|".join(map(re.escape, self._better)) or r"(?!)"
        self._pattern = re.compile(rf"\b(?:{words})\b", re.IGNORECASE)

    def found_in(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield each word that is found, with what to say instead."""
        for word in dict.fromkeys(found.casefold() for found in self._pattern.findall(text)):
            yield word, self._better[word]


class Check:
    """Examines files, and messages with the leaflets that go with them.

    ``folders`` are those of the templates, the first that has a file counts.
    """

    def __init__(self, folders: Sequence[Path], policy: Policy) -> None:
        self._folders, self._policy = folders, policy
        self._renderer = Renderer(samples.TIMEZONE, *folders)
        self._said: set[Finding] = set()
        self._jargon = _Jargon(policy.words.jargon)

    def files(self) -> Iterator[Finding]:
        """Yield what is refused in the files, whether or not a message needs them."""
        for refusal in refusals(self._folders):
            yield Finding(f"{refusal.path}, line {refusal.line}", refusal.words)

    def message(self, specimen: Specimen) -> Iterator[Finding]:
        """Render a message and yield what is wrong with it, unless it was said of one like it before."""
        for finding in self._found(specimen):
            alike = Finding(
                finding.where, re.sub(r"[\d.]+", "", finding.wrong), finding.form, finding.language
            )
            if alike not in self._said:
                self._said.add(alike)
                yield finding

    def _found(self, specimen: Specimen) -> Iterator[Finding]:
        request = specimen.request
        try:
            rendered = self._renderer.render(request)
        except RenderingError as problem:
            yield Finding(specimen.about, str(problem), sample=specimen.sample)
            return
        language = request.victim.needs.language
        for wrong in self._wrong(request, rendered):
            yield Finding(specimen.about, wrong, request.form, language, specimen.sample)
        for offer, leaflet in zip(request.leaflets, rendered.leaflets, strict=False):
            text = "\n".join((leaflet.title, *leaflet.paragraphs))
            for wrong in (
                self._wrong_english(text, prose_in(leaflet.paragraphs))
                if rendered.language == _ENGLISH
                else ()
            ):
                yield Finding(f"{LEAFLETS}/{offer.name}/{_ENGLISH}.txt", wrong)

    def _wrong(self, request: RenderRequest, rendered: Rendered) -> Iterator[str]:
        language = request.victim.needs.language
        if rendered.language != language:
            yield f"a file is missing in {language}, so it went out in {rendered.language}: write it"
        if _UNFINISHED.search(rendered.text):
            yield "a sentence is not whole (a field printed empty, or a stray mark): read it and mend it"
        yield from self._wrong_short(rendered) if rendered.form is Form.SHORT else ()
        yield from self._wrong_by_wording(request, rendered)
        if rendered.language == _ENGLISH:
            graded = request.form in _GRADED and request.wording is not Wording.NEUTRAL
            text = f"{rendered.subject or ''}\n{rendered.text}"
            yield from self._wrong_english(text, prose_of(rendered) if graded else "")

    def _wrong_short(self, rendered: Rendered) -> Iterator[str]:
        segments, allowed = measure(rendered.text).segments, self._policy.words.max_segments
        if segments > allowed:
            yield f"it takes {segments} segments of an SMS and {allowed} are allowed: shorten it"
        for thing in shown_by_sms(rendered.text, self._policy):
            yield f"an SMS shows {thing}: take it out"

    def _wrong_by_wording(self, request: RenderRequest, rendered: Rendered) -> Iterator[str]:
        if request.wording is not Wording.NEUTRAL:
            for thing in shown_by_subject(rendered.subject or "", self._policy):
                yield f"the subject shows {thing}: take it out"
            return
        for thing in shown_though_discreet(_all_words(rendered), self._policy):
            yield f"a discreet message tells {thing}: take it out"
        if samples.OFFICER.phone and samples.OFFICER.phone not in rendered.text:
            yield "a discreet message gives no number to call: print contact.phone"

    def _wrong_english(self, text: str, prose: str) -> Iterator[str]:
        """Yield jargon in ``text``; and what makes ``prose`` too hard, where there is any."""
        for word, better in self._jargon.found_in(text):
            yield f'"{word}" is jargon: write "{better}" or the like'
        grade, allowed = reading_grade(prose) if prose else 0, self._policy.words.reading_grade
        if grade > allowed:
            yield f"its reading grade is {grade:.1f} and {allowed:.1f} is allowed: shorten sentences"


def _all_words(rendered: Rendered) -> str:
    letter = rendered.letter
    lines = (*letter.sender, letter.salutation, letter.reference_line, *letter.officer) if letter else ()
    return "\n".join((rendered.subject or "", rendered.text, *lines, _visible(rendered.html or "")))


def _visible(html: str) -> str:
    return re.sub(r"<[^>]*>", " ", html)
