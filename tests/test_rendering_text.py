from __future__ import annotations

import pytest

from notifier.rendering_text import one_sentence_a_line, paragraphs


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One line\nand its end.", ("One line and its end.",)),
        ("One.\n\n \nTwo.", ("One.", "Two.")),
        ("- a\n- b", ("- a\n- b",)),
        ("- a long\n  item\n- b", ("- a long item\n- b",)),
        ("These:\n- a\n- b", ("These:\n- a\n- b",)),
        ("", ()),
        ("\n\n", ()),
    ],
)
def test_paragraphs(text: str, found: tuple[str, ...]) -> None:
    assert paragraphs(text) == found


@pytest.mark.parametrize(
    ("paragraph", "lines", "reason"),
    [
        ("Call us. We can help.", ["Call us.", "We can help."], "two sentences"),
        ("Are you safe? Call 999! Now.", ["Are you safe?", "Call 999!", "Now."], "other ends"),
        ("On 7 April. 12 people came.", ["On 7 April.", "12 people came."], "a number begins a sentence"),
        ('He said no. "Yes," she said.', ["He said no.", '"Yes," she said.'], "speech begins a sentence"),
        ("Ask Dr. Lee or J. Hughes of St. Mary's.", None, "titles and initials"),
        ("Ask Mrs. Lee.", None, "a longer title"),
        ("It costs 3.50 pounds at 9.30 am.", None, "a stop within a number"),
        ("We waited... and waited.", None, "no capital, no sentence"),
        ("- Stay. Wait.\n- Call.", ["- Stay. Wait.", "- Call."], "a list stays"),
    ],
)
def test_one_sentence_a_line(paragraph: str, lines: list[str] | None, reason: str) -> None:
    assert one_sentence_a_line(paragraph).split("\n") == (lines or [paragraph]), reason
