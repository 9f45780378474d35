"""For whoever writes the words: check them all, and look at one message as a victim would see it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.output import Json, emit, with_progress
from notifier.records import ChannelName, Form, Wording

if TYPE_CHECKING:
    from notifier.records import Rendered, RenderRequest
    from notifier.rules.policy import Policy
    from notifier.settings import Settings

Folder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A force's own templates, laid over ours, instead of NOTIFIER_TEMPLATES_DIR.",
    ),
]


class Language(StrEnum):
    """A language that messages are written in."""

    EN = "en"
    CY = "cy"


class Format(StrEnum):
    """How a message is laid out for its reader."""

    STANDARD = "standard"
    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"


_FORMS = {
    ChannelName.SMS: Form.SHORT,
    ChannelName.EMAIL: Form.MAIL,
    ChannelName.LETTER: Form.LETTER,
    ChannelName.CALL: Form.SPOKEN,
}
_ENDINGS = {Form.MAIL: ".html", Form.LETTER: ".pdf"}
_COURTESY = "courtesy"


def check(folder: Folder = None, as_json: Json = False) -> None:
    """Render every message from samples and say what is wrong.

    A line for each thing that is missing, too long, too hard to read, jargon, or shows what it must not; the
    exit status is 1 then. A file that may not be used is refused before anything is rendered.

    \b
    Example:
      notifier templates check --folder our-templates
    """
    from notifier.wording.check import Check
    from notifier.wording.specimens import specimens

    policy = _policy()
    words = Check(_folders(folder), policy)
    findings = list(words.files())
    messages = () if findings else tuple(specimens(policy))
    findings += [wrong for one in with_progress(messages, "rendering") for wrong in words.message(one)]
    for finding in findings:
        emit(asdict(finding)) if as_json else print(finding)
    if as_json:
        emit({"summary": {"messages": len(messages), "findings": len(findings)}})
    else:
        print(f"{len(messages):,} messages rendered, {len(findings) or 'nothing'} wrong")
    if findings:
        raise typer.Exit(1)


def preview(
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="An event's type, or courtesy for the no-progress update.")
    ],
    channel: Annotated[ChannelName, typer.Option(help="How it is told.")],
    language: Annotated[Language, typer.Option(help="The victim's language.")] = Language.EN,
    format_: Annotated[Format, typer.Option("--format", help="The victim's format.")] = Format.STANDARD,
    discreet: Annotated[bool, typer.Option("--discreet", help="To a victim who must be discreet.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it here: .html for email, .pdf for a letter, else .txt."),
    ] = None,
    folder: Folder = None,
) -> None:
    """Show what the person would see, with made-up people.

    Without --out the words are printed. With it an email becomes a page to look at, and a letter the PDF
    that the print room gets.

    \b
    Example:
      notifier templates preview case.charged --channel letter --language en --out charged.pdf
    """
    from notifier.wording import preview as previews

    form = _FORMS[channel]
    _require_ending(out, form)
    wording = Wording.NEUTRAL if discreet else Wording.FULL
    wish = previews.Wish(_told(event), form, language, format_, wording)
    rendered = _rendered(previews.request_for(wish, _policy()), folder)
    if out is None:
        print(previews.as_text(rendered))
    elif form is Form.LETTER:
        out.write_bytes(previews.as_pdf(rendered))
    else:
        words = previews.as_page(rendered) if form is Form.MAIL else previews.as_text(rendered) + "\n"
        out.write_text(words, encoding="utf-8")


def _rendered(request: RenderRequest, folder: Path | None) -> Rendered:
    from notifier.rendering import Renderer
    from notifier.template_folders import templates_in_force
    from notifier.wording.samples import TIMEZONE

    return Renderer(TIMEZONE, *templates_in_force(folder or _settings().templates_dir)).render(request)


def _told(name: str) -> str:
    """Return the folder of the templates that are meant; any other name is wrong usage."""
    from notifier.event_types import EVENT_TYPES
    from notifier.wording.allowed import COURTESY

    told = [row.name for row in EVENT_TYPES.values() if row.told]
    if name == _COURTESY:
        return COURTESY
    if name not in told:
        raise typer.BadParameter(f"{name} is told to nobody; give {_COURTESY} or one of {', '.join(told)}")
    return name


def _require_ending(out: Path | None, form: Form) -> None:
    ending = _ENDINGS.get(form, ".txt")
    if out is not None and out.suffix.lower() != ending:
        raise typer.BadParameter(f"{out} does not end with {ending}; name it {out.with_suffix(ending)}")


def _folders(folder: Path | None) -> tuple[Path, ...]:
    from notifier.template_folders import SHIPPED

    own = folder or _settings().templates_dir
    return (SHIPPED,) if own is None else (own, SHIPPED)


def _policy() -> Policy:
    from notifier.policy_file import load_policies

    # What a policy file of today says of words; timezone and gaps have nothing to do with them.
    return load_policies(_settings().policy_file).of(None, datetime.now(UTC))


def _settings() -> Settings:
    from notifier.settings import load_settings

    return load_settings()
