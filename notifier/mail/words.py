"""The words of a mail as a person would read them, whatever program wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from html.parser import HTMLParser

from notifier.mail.headers import decode

_MOST_HTML = 500_000  # characters; nobody writes so much, and parsing it takes long
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table"})


def own_parts(message: Message) -> Iterator[Message]:
    """Yield every part of a mail but what is inside of another mail that is attached to it."""
    yield message
    if message.get_content_type() == "message/delivery-status" or not message.is_multipart():
        return
    if message.get_content_maintype() == "message":
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from own_parts(part)


def plain_text(message: Message) -> str:
    """Return the text of a mail: its plain parts, else its HTML as text; attachments are left alone."""
    for subtype in ("plain", "html"):
        texts = [_text(part) for part in own_parts(message) if _is_shown(part, subtype)]
        together = "\n".join(from_html(text) if subtype == "html" else text for text in texts)
        if together.strip():
            return _clean(together)
    return ""


def from_html(html: str) -> str:
    """Return HTML as plain text; what it quotes has ``> `` before each line."""
    reader = _HtmlReader()
    reader.feed(html[:_MOST_HTML])
    reader.close()
    return "\n".join(reader.lines())


def _is_shown(part: Message, subtype: str) -> bool:
    return (
        part.get_content_type() == f"text/{subtype}"
        and not part.is_multipart()
        and part.get_content_disposition() != "attachment"
    )


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return decode(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""


def _clean(text: str) -> str:
    """Make every line end a line feed; what no text may hold goes."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return whole.encode("utf-8", "replace").decode()


class _HtmlReader(HTMLParser):
    """Collects what a browser would show, line by line, each with how deeply it is quoted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, list[str]]] = [(0, [])]
        self._unseen = 0
        self._quoted = 0

    def lines(self) -> Iterator[str]:
        """Yield the lines; runs of spaces are one."""
        for depth, pieces in self._lines:
            yield ("> " if depth else "") + " ".join("".join(pieces).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A body shows, even where the head before it was never closed.
        self._unseen = 0 if tag == "body" else self._unseen + (tag in _UNSEEN)
        if tag == "blockquote":
            self._quoted += 1
        if tag in _BREAKS or tag == "blockquote":
            self._break()

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if tag in _BREAKS - {"br"} or tag == "blockquote":
            self._break()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._lines[-1][1].append(data)

    def _break(self) -> None:
        if self._lines[-1][1]:
            self._lines.append((self._quoted, []))
        else:
            self._lines[-1] = (self._quoted, [])
