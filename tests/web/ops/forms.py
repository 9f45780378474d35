"""Reads a form of a page as a browser would send it, untouched."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._action = action
        self._inside = False
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        name = about.get("name")
        if tag == "form":
            self._inside = about.get("action") == self._action
        elif self._inside and tag == "input" and name:
            ticked = about.get("type") not in ("checkbox", "radio") or "checked" in about
            if ticked:
                self._add(name, about.get("value") or "")
        elif self._inside and tag == "select":
            self._select = name
        elif self._inside and tag == "option" and self._select and "selected" in about:
            self._add(self._select, about.get("value") or "")
        elif self._inside and tag == "textarea" and name:
            self._area = name
            self._add(name, "")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "form":
            self._inside = False

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def fields_of(page: str, action: str) -> dict[str, list[str]]:
    """Return the fields of the page's last form that is sent to ``action``, with their values.

    The first option of a list that nobody chose from is left out.
    """
    reader = _Reader(action)
    reader.feed(page)
    return reader.fields
