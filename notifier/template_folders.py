"""Folders of templates: ours, and a force's own laid over it; in a sandbox, and read before they are used.

A template may only print the fields that are handed over to it, through the filters below, and include other
templates. What it reads is checked here without rendering it, so that a mistake is found at the start and not
when somebody is to be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.filters import FILTERS
from jinja2.loaders import ChoiceLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifier.errors import SettingsError
from notifier.rendering_fields import phrase, sentence
from notifier.wording.allowed import fields_of
from notifier.wording.reading import Refusal, read_template

SHIPPED = Path(__file__).with_name("templates")

_ENDINGS = ("txt", "html")
_PLAIN_FILTERS = (
    *("capitalize", "default", "escape", "first", "join", "last", "length", "list", "lower", "map"),
    *("replace", "sort", "trim", "unique", "upper"),
)


def templates_in_force(folder: Path | None) -> tuple[Path, ...]:
    """Return the folders of templates, the one that counts first: a force's own, if any, then ours.

    Raises :class:`SettingsError`, one line that names the first file, line and field that is refused.
    """
    if folder is None:
        return (SHIPPED,)
    folders = (folder, SHIPPED)
    refused = refusals(folders)
    if refused:
        raise SettingsError(f"{refused[0]}{_others(len(refused) - 1, folder)}")
    return folders


def environment(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    """Return the sandbox that fills the templates of ``folders``; the first that has a file counts."""
    sandbox = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html",), default=False),
        finalize=_not_empty,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    sandbox.globals.clear()
    sandbox.filters = {name: FILTERS[name] for name in _PLAIN_FILTERS}
    sandbox.filters |= {"sentence": sentence, "phrase": phrase}
    return sandbox


def refusals(folders: Sequence[Path]) -> list[Refusal]:
    """Return all that is wrong in the files of ``folders`` as far as it shows without rendering them."""
    outside = [refusal for folder in folders for refusal in _links_outside(folder)]
    if outside:
        return outside  # nothing of them is read
    sandbox = environment(folders)
    names = sandbox.list_templates(extensions=_ENDINGS)
    # A part that several include is read with each of them, and refused once.
    return list(dict.fromkeys(refusal for name in names for refusal in _refusals_of(sandbox, name)))


def _refusals_of(sandbox: ImmutableSandboxedEnvironment, name: str) -> Iterator[Refusal]:
    try:
        fields = fields_of(name)
    except LookupError as unknown:
        yield Refusal(name, 1, str(unknown))
        return
    yield from read_template(sandbox, name, fields)


def _links_outside(folder: Path) -> Iterator[Refusal]:
    """Yield the links that lead out of the folder: what they show was not laid there for victims."""
    home = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(home):
            name = path.relative_to(folder).as_posix()
            yield Refusal(name, 1, "it is a link out of the folder: put the file itself there")


def _others(count: int, folder: Path) -> str:
    return f" (and {count} more: see `notifier templates check --folder {folder}`)" if count else ""


def _not_empty(value: Any) -> Any:
    """Refuse to print an unknown value: "Call None" must never reach anyone."""
    if value is None:
        raise ValueError("a template prints a field that is empty")
    return value
