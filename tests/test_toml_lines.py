from __future__ import annotations

import pytest

from notifier.toml_lines import EntryPath, entry_lines

TEXT = '''\
# a comment with an entry = 1 in it
name = "a = b"

[courtesy]
first_days = 7
default.window = { from = "08:00", until = "20:00" }
words = [ # a comment, with ] in it
    "one = 1", "[two]",
]
last = """
[three]
four = 4
"""

[forces."Avon and Somerset"]
[[forces."Avon and Somerset".versions]]
from = 2026-07-01
[forces."Avon and Somerset".versions.courtesy]
first_days = 5
[[forces."Avon and Somerset".versions]]
courtesy.first_days = 4
'''
AVON = ("forces", "Avon and Somerset")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("courtesy",), 4),
        (("courtesy", "first_days"), 5),
        (("courtesy", "default", "window", "until"), 6),
        (("courtesy", "words"), 7),
        (("courtesy", "last"), 10),
        (("forces",), 15),
        (AVON, 15),
        ((*AVON, "versions", 0), 16),
        ((*AVON, "versions", 0, "from"), 17),
        ((*AVON, "versions", 0, "courtesy", "first_days"), 19),
        ((*AVON, "versions", 1), 20),
        ((*AVON, "versions", 1, "courtesy", "first_days"), 21),
    ],
)
def test_an_entry_is_found_on_the_line_on_which_it_begins(path: EntryPath, line: int) -> None:
    assert entry_lines(TEXT)[path] == line
    assert entry_lines(TEXT.replace("\n", "\r\n"))[path] == line, "as Windows ends its lines"


def test_what_only_looks_like_an_entry_is_none() -> None:
    names = {key for path in entry_lines(TEXT) for key in path}
    assert not names & {"an entry", "entry", "one", "two", "three", "four", "a"}
