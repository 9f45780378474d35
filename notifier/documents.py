"""Documents as they come in: how large one may be, and JSON read so that it can mean one thing only.

What a refusal says never quotes the document, which may hold personal data.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from notifier.errors import EventRefused

MOST_BYTES = 262_144  # our policy: an event refers to documents, it does not hold them
_BEGINNING = 4_096  # characters: enough to see what a giant is
_DEEPEST = 50  # readers give up near a thousand; a checked event must never be too deep for a later one
_ODD_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_LONGEST_NUMBER = 100  # digits; reading a longer one takes long, and no field needs it


def is_too_large(document: str) -> bool:
    """Tell whether a document has more bytes (UTF-8) than one may have."""
    return len(document) > MOST_BYTES or len(document.encode(errors="replace")) > MOST_BYTES


def kept(document: str) -> str:
    """Return what is kept of a refused document: all of it, or of one that is too large its beginning."""
    return document[:_BEGINNING] if is_too_large(document) else document


def read(document: str) -> dict[str, Any]:
    """Return the JSON object that a document is; raises :class:`EventRefused` with the reason and the mend.

    One that is too large is refused before it is read. Refused too is what readers understand differently
    (a key that stands twice, an endless number) and what not every database can hold.
    """
    if is_too_large(document):
        raise EventRefused(_too_large(document))
    try:
        whole = _READER.decode(document)
    except (ValueError, RecursionError):
        raise EventRefused("this is not JSON; send one CloudEvents 1.0 document") from None
    if not isinstance(whole, dict):
        raise EventRefused("this is no JSON object; send one CloudEvents 1.0 document")
    if not _is_plain(document):
        _require_shallow_text(whole)
    return whole


def _is_plain(document: str) -> bool:
    """Tell whether what is written cannot be deep, nor hold what is no character: mostly so.

    Looking at every value instead would more than double the time of reading (27 against 11 microseconds).
    """
    shallow = document.count("{") + document.count("[") < _DEEPEST
    return shallow and is_text(document) and not _ODD_ESCAPE.search(document)


def _require_shallow_text(whole: dict[str, Any]) -> None:
    for depth, values in enumerate(_levels(whole), start=1):
        if depth > _DEEPEST:
            raise EventRefused(f"the event is deeper than {_DEEPEST} levels; make it flatter")
        if not all(is_text(value) for value in values if isinstance(value, str)):
            raise EventRefused("a text holds a character that is none (U+0000 or half of a pair); remove it")


def is_text(value: str) -> bool:
    """Tell whether every database can hold it: no U+0000, which ends a text, and no half of a character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _too_large(document: str) -> str:
    raw = document.encode(errors="replace")
    return (
        f"the event is larger than {MOST_BYTES:,} bytes; send references, not documents (of its {len(raw):,} "
        f"bytes the first {_BEGINNING:,} characters are kept; SHA-256 {hashlib.sha256(raw).hexdigest()})"
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) < len(pairs):
        raise EventRefused("a key stands twice in one object; give each key once")
    return whole


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise EventRefused(f"a number has more than {_LONGEST_NUMBER} digits; write it as a text")
    return int(digits)


def _decimal(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise EventRefused("a number is too large; write it as a text")
    return number


def _no_number(_name: str) -> None:
    raise EventRefused("JSON has no NaN and no Infinity; leave it out or write it as a text")


_READER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_no_number
)


def _levels(whole: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the values of a document from the outside in, level by level, the keys of objects among them."""
    level: list[Any] = [whole]
    while level:
        yield level
        level = [inner for value in level for inner in _inside(value)]


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
