"""Letters, leaflets and reports laid out as PDF that can be read aloud.

Source: ISO 14289-1 (PDF/UA-1); the postal side is in ``layout.typ``.
"""

from __future__ import annotations

import json
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifier.records import LeafletText, Rendered

if TYPE_CHECKING:
    import typst

_LAYOUT = Path(__file__).with_name("layout.typ")
_REPORT = Path(__file__).with_name("report.typ")
_LEAFLETS_KEPT = 32
_TITLES = {"en": "Letter", "cy": "Llythyr"}  # where the letter has no subject: PDF/UA-1 asks for a title
# What the typeface lacks and plain characters say as well.
_PLAIN = str.maketrans({"\u2010": "-", "\u2011": "-", "\u202f": "\u00a0", "\ufeff": None})


class Unprintable(Exception):
    """A page cannot be laid out: a character that the typeface lacks, an address that does not fit."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a report: the last ``numbers`` columns are numbers; ``total`` is the line at its end."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    numbers: int


@dataclass(frozen=True, slots=True)
class Pdf:
    """A laid out document, always the same for the same words."""

    content: bytes
    pages: int


class Typesetter:
    """Lays out letters, leaflets and reports, many threads at once; a compiler is not made to be shared."""

    def __init__(self) -> None:
        self._compilers = threading.local()
        # The same leaflet goes with many mails of a day.
        self._leaflet_of_day = lru_cache(maxsize=_LEAFLETS_KEPT)(self._lay_out_leaflet)

    def letter(self, rendered: Rendered, created_at: datetime) -> Pdf:
        """Return a letter with its leaflets, each beginning on a page of its own.

        ``created_at`` carries an offset. Raises :class:`Unprintable`, which says nothing of the text.
        """
        if rendered.letter is None:
            raise Unprintable
        heading = rendered.subject or ""
        letter = {**asdict(rendered.letter), "paragraphs": rendered.paragraphs, "heading": heading}
        title = heading or _TITLES.get(rendered.language, "Letter")
        leaflets = [asdict(leaflet) for leaflet in rendered.leaflets]
        look = {"language": rendered.language, "format": rendered.format}
        return self._typeset(_LAYOUT, created_at, title=title, letter=letter, leaflets=leaflets, **look)

    def leaflet(self, rendered: Rendered, leaflet: LeafletText, created_at: datetime) -> Pdf:
        """Return one leaflet of ``rendered`` as a document of its own, dated at the beginning of the UTC day.

        Raises as :meth:`letter` does.
        """
        day = created_at.astimezone(UTC).replace(hour=0, minute=0, second=0)
        return self._leaflet_of_day(leaflet, rendered.language, rendered.format, day.replace(microsecond=0))

    def _lay_out_leaflet(self, leaflet: LeafletText, language: str, format_: str, day: datetime) -> Pdf:
        look = {"language": language, "format": format_}
        return self._typeset(
            _LAYOUT, day, title=leaflet.title, letter=None, leaflets=[asdict(leaflet)], **look
        )

    def report(
        self, title: str, lines: Sequence[str], sheets: Sequence[Sheet], language: str, created_at: datetime
    ) -> Pdf:
        """Return a report on A4 sheets on their side: its title, ``lines`` about it, its tables.

        Raises as :meth:`letter` does.
        """
        tables = [asdict(sheet) for sheet in sheets]
        content = {"title": title, "lines": lines, "tables": tables, "language": language}
        return self._typeset(_REPORT, created_at, **content)

    def _typeset(self, layout: Path, created_at: datetime, **content: Any) -> Pdf:
        import typst  # here, because most workers never set a letter, and it takes 7 MB

        compiler = self._compiler(layout)
        try:
            pdf = compiler.compile(
                sys_inputs={"content": _written(content)},
                format="pdf",
                pdf_standards="ua-1",
                timestamp=created_at.astimezone(UTC).replace(microsecond=0),  # it refuses smaller parts
            )
            pages = int(compiler.query("<pages>", field="value", one=True))
        except (typst.TypstError, UnicodeError):
            pdf, pages = None, 0
        if not isinstance(pdf, bytes):
            raise Unprintable  # outside the handler: the error quotes the text
        return Pdf(pdf, pages)

    def _compiler(self, layout: Path) -> typst.Compiler:
        import typst

        known: dict[Path, typst.Compiler] = vars(self._compilers).setdefault("by_layout", {})
        if layout not in known:
            known[layout] = typst.Compiler(layout, root=layout.parent, font_paths=self._fonts)
        return known[layout]

    @cached_property
    def _fonts(self) -> typst.Fonts:
        """Ours alone: a letter must not look different on another machine."""
        import typst

        folder = str(files("ttf_opensans") / "ttf")
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _written(content: dict[str, Any]) -> str:
    """Return what the layout reads, as JSON; letters with marks set apart are made whole.

    The typeface has ŵ, not w and a circumflex.
    """
    return unicodedata.normalize("NFC", json.dumps(content, ensure_ascii=False)).translate(_PLAIN)
