"""How hard an English text is to read: its Flesch-Kincaid grade, about the age of a reader less 5."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from functools import cache

from notifier.records import Form, Rendered
from notifier.rendering_fields import sentence

# What follows a semicolon is an item of a list, and read by itself as a line of a list is.
_ITEM_END = re.compile(r";\s+")


def reading_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade of an English text (an American school year)."""
    return float(_measure()(text))


def prose_of(rendered: Rendered) -> str:
    """Return the sentences of an SMS or a letter, without what stands around a letter's paragraphs."""
    return prose_in([rendered.text] if rendered.form is Form.SHORT else rendered.paragraphs)


def prose_in(paragraphs: Iterable[str]) -> str:
    """Return paragraphs as sentences; each line of a list is one, and so is a heading."""
    lines = (line for paragraph in paragraphs for line in paragraph.splitlines())
    items = (item for line in lines for item in _ITEM_END.split(line) if item)
    return " ".join(sentence(item.rstrip(":,")) for item in items)


@cache
def _measure() -> Callable[[str], float]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
        import textstat
    measure: Callable[[str], float] = textstat.flesch_kincaid_grade
    return measure
