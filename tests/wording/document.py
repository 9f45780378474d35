"""Makes docs/wording.md true again: ``python -m tests.wording.document`` runs its commands.

In the document a command stands above the words that it prints; a picture may stand above both. Pictures need
``chromium`` and ``pdftoppm``; the tests only compare the words.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from typer.testing import CliRunner

from notifier.cli import app

DOCUMENT = Path(__file__).parents[2] / "docs" / "wording.md"
_MESSAGE = re.compile(
    r"(?:!\[[^\]]+\]\((?P<picture>[^)]+)\)\n\n<details>.*?\n\n)?"
    r"```sh\nnotifier (?P<command>templates preview [^\n]+)\n```\n\n```text\n(?P<words>.*?)\n```",
    re.DOTALL,
)
_WIDTH = 600  # pixels of an email, about what a small tablet shows
_DOTS = "62"  # per inch of a letter


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the document."""

    command: tuple[str, ...]
    words: str
    picture: str | None


def shown(text: str) -> Iterator[Shown]:
    """Yield the messages that the document shows, in order."""
    for found in _MESSAGE.finditer(text):
        yield Shown(tuple(shlex.split(found["command"])), found["words"], found["picture"])


def printed(*command: str) -> str:
    """Return what ``notifier`` prints, without the line end; fails where it does."""
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return result.stdout.rstrip("\n")


def make() -> None:
    """Write the words and the pictures of every message anew."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(_MESSAGE.sub(_with_words, text), encoding="utf-8")
    for message in shown(text):
        if message.picture is not None:
            _photograph(message.command, DOCUMENT.parent / message.picture)


def _with_words(found: re.Match[str]) -> str:
    words = printed(*shlex.split(found["command"]))
    before, _, after = found[0].rpartition(f"```text\n{found['words']}\n```")
    return f"{before}```text\n{words}\n```{after}"


def _photograph(command: tuple[str, ...], picture: Path) -> None:
    with TemporaryDirectory() as folder:
        if "letter" in command:
            page = Path(folder) / "letter.pdf"
            printed(*command, "--out", str(page))
            options = ("-r", _DOTS, "-gray", "-png", "-f", "1", "-singlefile")
            _run("pdftoppm", *options, str(page), str(picture.with_suffix("")))
        else:
            page = Path(folder) / "mail.html"
            printed(*command, "--out", str(page))
            size = f"--window-size={_WIDTH},{_height(page)}"
            _run(*_BROWSER, size, f"--screenshot={picture}", page.as_uri())


def _height(page: Path) -> int:
    """Return how high the page is in the browser; it says so in its title."""
    measuring = page.with_name("measuring.html")
    script = "<script>document.title = document.body.scrollHeight</script></body>"
    measuring.write_text(page.read_text().replace("</body>", script))
    found = _run(*_BROWSER, f"--window-size={_WIDTH},100", "--dump-dom", measuring.as_uri())
    title = re.search(r"<title>(\d+)</title>", found)
    assert title is not None, "the browser did not measure the page"
    return int(title[1])


_BROWSER = (
    *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"),
    *("--disable-lcd-text", "--force-device-scale-factor=0.8"),  # small files
)


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    make()
