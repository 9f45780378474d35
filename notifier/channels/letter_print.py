"""Letters: laid out as PDF, with a manifest, in the folder that the print room empties.

A letter is complete once its manifest is there. The print room copies both files, and takes them away only
after it has reported ``despatched``: until then they say that the letter went out.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator
from pydantic_settings import BaseSettings

from notifier.channels.base import Channel, Claimed, unclaimed
from notifier.environment import CONFIG, PREFIX, read_environment
from notifier.errors import SettingsError
from notifier.paper.typesetting import Typesetter, Unprintable
from notifier.receipt_signature import is_signed
from notifier.records import (
    AttemptState,
    ChannelFacts,
    ChannelName,
    FailureReason,
    Form,
    Message,
    Receipt,
    ReceiptRequest,
    SendResult,
)
from notifier.settings import load_keys, load_settings

_POSTAGE = "second"
_ROOM_BYTES = 1_000_000  # less is no room for a morning's letters
_STATES: dict[str, Receipt] = {
    "despatched": Receipt(AttemptState.ACCEPTED),
    "returned": Receipt(AttemptState.FAILED, code="returned", reason=FailureReason.BAD_ADDRESS),
}


class LetterSettings(BaseSettings):
    """Settings of this channel: ``NOTIFIER_LETTER_DIR``, by default ``letters`` under ``NOTIFIER_HOME``."""

    model_config = CONFIG

    letter_dir: Annotated[Path, AfterValidator(Path.absolute)] | None = None


class LetterPrint(Channel):
    """Letters by the print room."""

    facts = ChannelFacts(
        name=ChannelName.LETTER,
        form=Form.LETTER,
        lock_screen=False,
        gives_receipts=False,
    )

    def __init__(self) -> None:
        self._typesetter = Typesetter()

    def send(self, message: Message) -> SendResult:
        """Lay the letter out in the folder; the same attempt again changes nothing.

        A letter that cannot be laid out is ``failed``, a folder that cannot be written ``deferred``. Raises
        ``SettingsError`` when the settings are wrong.
        """
        accepted = SendResult(AttemptState.ACCEPTED, message.attempt_ref)
        try:
            if not self._is_complete(message.attempt_ref):
                self._lay_out(message)
        except Unprintable:
            return SendResult(AttemptState.FAILED, code="unprintable", reason=FailureReason.UNPRINTABLE)
        except OSError:
            return self._after_trouble(message)
        return accepted

    def _after_trouble(self, message: Message) -> SendResult:
        """Look what is in the folder: trouble may have come once the print room could take the letter."""
        found = self.look_up(message)
        return replace(found, code="folder", reason=FailureReason.NOT_OURS) if found.code else found

    def look_up(self, message: Message, claimed: Claimed = unclaimed) -> SendResult:
        """Say whether the letter is complete; one that is not certainly never went out."""
        try:
            if self._is_complete(message.attempt_ref):
                return SendResult(AttemptState.ACCEPTED, message.attempt_ref)
        except OSError:
            return SendResult(AttemptState.UNKNOWN, reason=FailureReason.NOT_OURS)
        return SendResult(AttemptState.DEFERRED, code="not_found")

    def verify_receipt(self, request: ReceiptRequest) -> bool:
        """Tell whether the print room knows our secret key."""
        try:
            return is_signed(request, load_keys(load_settings()).secret_key.get_secret_value())
        except SettingsError:
            return False

    def parse_receipt(self, request: ReceiptRequest) -> list[Receipt]:
        """Read the print room's ``{"id", "state"}``: despatched or returned; another state gives none.

        Whatever else it says is left alone: a reason in its own words may name a person.
        """
        ref, state = _read_report(request.body)
        return [replace(_STATES[state], attempt_ref=ref)] if state in _STATES else []

    def check(self) -> str | None:
        """Say what is wrong with the folder."""
        try:
            with tempfile.TemporaryFile(dir=self._made_folder()) as trial:
                trial.write(bytes(_ROOM_BYTES))
                return None
        except SettingsError as wrong:
            return str(wrong)
        except OSError:
            return (
                f"{PREFIX}LETTER_DIR cannot be written: give a folder with room that this user may write to"
            )

    @cached_property
    def _folder(self) -> Path:
        return read_environment(LetterSettings).letter_dir or load_settings().home / "letters"

    def _made_folder(self) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def _file(self, attempt_ref: str, ending: str) -> Path:
        return self._folder / f"{quote(attempt_ref, safe='')}.{ending}"

    def _is_complete(self, attempt_ref: str) -> bool:
        return all(self._file(attempt_ref, ending).is_file() for ending in ("pdf", "json"))

    def _lay_out(self, message: Message) -> None:
        """Write the PDF, then the manifest; raises ``Unprintable`` or ``OSError``."""
        pdf = self._typesetter.letter(message.rendered, message.created_at)
        manifest = {
            "id": message.attempt_ref,
            "pages": pdf.pages,
            "postage": _POSTAGE,
            "sha256": hashlib.sha256(pdf.content).hexdigest(),
            "created_at": message.created_at.isoformat(timespec="seconds"),
        }
        self._made_folder()
        _write(self._file(message.attempt_ref, "pdf"), pdf.content)
        _write(self._file(message.attempt_ref, "json"), json.dumps(manifest).encode())


CHANNEL = LetterPrint


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """One line of the print room's return file: what it reports, or what is ``wrong`` with it."""

    number: int
    state: str = ""
    receipt: Receipt | None = None
    wrong: str | None = None

    @property
    def ref(self) -> str | None:
        """The letter that it is about."""
        return self.receipt.attempt_ref if self.receipt else None


def read_returns(lines: Iterable[str]) -> Iterator[ReturnLine]:
    """Read a return file, CSV or JSON lines: of each letter ``id`` and ``state`` (despatched or returned).

    In CSV these are the first two columns, or those that the first line names so. A line that is wrong stops
    no other, and what is wrong with it is told without a word of it; empty lines are left out.
    """
    columns: Sequence[str] = _COLUMNS
    begun = False
    for number, line in enumerate(lines, start=1):
        text = line.strip("\ufeff \t\r\n")
        if text and not begun and (headings := _headings(text)):
            columns = headings
        elif text:
            yield _read_line(number, text, columns)
        begun = begun or bool(text)


_COLUMNS = ("id", "state")


def _headings(text: str) -> Sequence[str]:
    """Return the names of the columns, where the line gives them."""
    try:
        named = [cell.strip().lower() for cell in _cells(text)]
    except ValueError:
        return ()
    return named if set(_COLUMNS) <= set(named) else ()


def _read_line(number: int, text: str, columns: Sequence[str]) -> ReturnLine:
    try:
        ref, written = _read_report(text) if text.startswith("{") else _read_row(text, columns)
    except ValueError as wrong:
        return ReturnLine(number, wrong=str(wrong))
    state = written.lower()
    if state not in _STATES:
        return ReturnLine(number, wrong=f"the state is none of {', '.join(_STATES)}")
    return ReturnLine(number, state, replace(_STATES[state], attempt_ref=ref))


def _read_row(text: str, columns: Sequence[str]) -> tuple[str, str]:
    row = dict(zip(columns, (cell.strip() for cell in _cells(text)), strict=False))
    if not row.get("id") or not row.get("state"):
        raise ValueError("a letter's line has an id and a state")
    return row["id"], row["state"]


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text], skipinitialspace=True))
    except csv.Error:
        raise ValueError("this is no line of a CSV file") from None


def _read_report(body: str | bytes) -> tuple[str, str]:
    """Return the id and the state that a JSON object names; raises ``ValueError``."""
    try:
        report = json.loads(body)
        ref, state = report["id"], report["state"]
    except (ValueError, TypeError, KeyError, RecursionError):
        ref = state = None
    if not isinstance(ref, str) or not isinstance(state, str) or not ref:
        raise ValueError("a letter's receipt is JSON with id and state")
    return ref, state


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and lastingly; only this user may read it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
