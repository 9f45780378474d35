"""Tables of texts with the number of SMS parts they cost, the reason beside each row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.sms_text import measure

SEGMENTS = [
    ("", "gsm7", 1, "an empty text still is one part"),
    ("a" * 160, "gsm7", 1, "160 septets fit one SMS"),
    ("a" * 161, "gsm7", 2, "beyond 160 every part gives 7 septets to its header"),
    ("a" * 306, "gsm7", 2, "two parts of 153"),
    ("a" * 307, "gsm7", 3, "one more than two parts of 153"),
    ("a" * 158 + "€", "gsm7", 1, "an extension character costs two septets: 160"),
    ("a" * 159 + "€", "gsm7", 2, "159 and 2 are 161"),
    ("€" * 80, "gsm7", 1, "80 pairs are 160 septets"),
    ("€" * 81, "gsm7", 2, "76 pairs in the first part (152), the rest in the second"),
    ("€" * 152, "gsm7", 2, "76 pairs a part: the 153rd septet stays empty"),
    ("€" * 153, "gsm7", 3, "306 septets would fit two parts, were pairs split"),
    ("a" * 152 + "{" + "a" * 151, "gsm7", 2, "the pair moves to the second part, which is then full"),
    ("a" * 152 + "{" + "a" * 152, "gsm7", 3, "306 septets, but the moved pair leaves one empty"),
    ("a" * 151 + "{" + "a" * 153, "gsm7", 2, "the pair ends exactly at the border"),
    ("\f^{}\\[~]|€", "gsm7", 1, "the whole extension table"),
    ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", "gsm7", 1, "the national part of the basic table"),
    ("ŵ" + "a" * 69, "ucs2", 1, "a Welsh circumflex is not in GSM-7; 70 units fit"),
    ("ŵ" + "a" * 70, "ucs2", 2, "71 units"),
    ("ŵ" + "a" * 133, "ucs2", 2, "two parts of 67"),
    ("ŵ" + "a" * 134, "ucs2", 3, "one more than two parts of 67"),
    ("😀" * 35, "ucs2", 1, "a surrogate pair is two units: 70"),
    ("😀" * 36, "ucs2", 2, "72 units; 33 pairs fit a part, its 67th unit stays empty"),
    ("😀" * 66, "ucs2", 2, "33 pairs a part"),
    ("😀" * 67, "ucs2", 3, "134 units would fit two parts, were pairs split"),
    ("a" * 66 + "😀" + "a" * 65, "ucs2", 2, "the pair moves whole to the second part, which is then full"),
    ("a" * 66 + "😀" + "a" * 66, "ucs2", 3, "134 units, but the moved pair leaves one empty"),
    ("`", "ucs2", 1, "the backtick is not in GSM-7"),
    ("ç", "ucs2", 1, "GSM-7 has only the capital Ç"),
    ("“" * 160, "gsm7", 1, "curly quotes are made plain before counting"),
    ("…" * 53 + "a", "gsm7", 1, "an ellipsis becomes three full stops: 160"),
    ("…" * 54, "gsm7", 2, "162 after the replacement"),
    ("a\u200b" * 160, "gsm7", 1, "zero-width characters do not count"),
    ("à è é ù ì ò", "gsm7", 1, "the accents that GSM-7 has"),
    *((letter, "ucs2", 1, "an accent of Welsh that GSM-7 lacks") for letter in "âêîôûŵŷÂÊÎÔÛŴŶáíóúÀ"),
    ("—" * 160, "gsm7", 1, "dashes are made plain before counting"),
    ("\U0001f3f4\U000e0067\U000e0062" * 11, "ucs2", 1, "66 units: letters of a flag are kept"),
]

SENT_AS = [
    ("‘don’t’ ‚x‛", "'don't' 'x'", "curly single quotes"),
    ("“yes” „no‟", '"yes" "no"', "curly double quotes"),
    ("a‐b‑c‒d–e—f―g", "a-b-c-d-e-f-g", "every kind of hyphen and dash"),
    ("a⸺b⸻c﹘d﹣e－f", "a-b-c-d-e-f", "rare dashes"),
    ("wait…", "wait...", "ellipsis"),
    ("a\u2028b\u2029c\u0085d\ve", "a\nb\nc\nd\ne", "odd line ends"),
    ("a\u202eb\u2066c\u206fd\u034fe", "abcde", "marks of direction and controls that nobody sees"),
    ("", "", "nothing"),
    ("a\tb\u00a0c\u2009d\u202fe\u3000f", "a b c d e f", "tab and odd spaces"),
    ("a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg", "abcdefg", "zero-width characters"),
    ("line\r\nline\nline", "line\r\nline\nline", "line ends are kept"),
    ("Llŷr, Siân, ŵ, €5, 日本, 😀", "Llŷr, Siân, ŵ, €5, 日本, 😀", "every other character is kept"),
    ("«a» `b` ´c´", "«a» `b` ´c´", "not curly quotes: kept"),
    ("cafe\u0301", "cafe\u0301", "a combining accent is a character: kept, not composed"),
    ("  two  spaces ", "  two  spaces ", "plain spaces are kept as they are"),
]


@pytest.mark.parametrize(("text", "encoding", "segments", "reason"), SEGMENTS)
def test_segments(text: str, encoding: str, segments: int, reason: str) -> None:
    measured = measure(text)
    assert (measured.encoding, measured.segments) == (encoding, segments), reason


@pytest.mark.parametrize(("text", "sent_as", "reason"), SENT_AS)
def test_sent_as(text: str, sent_as: str, reason: str) -> None:
    assert measure(text).sent_as == sent_as, reason


@given(st.text(alphabet=st.sampled_from("a€ŵ😀“…\u200b\n"), max_size=400))
def test_what_is_sent_is_stable_and_never_costs_less_than_its_units(text: str) -> None:
    once = measure(text)
    assert measure(once.sent_as) == once
    if once.encoding == "ucs2":
        units = len(once.sent_as.encode("utf-16-be")) // 2
        assert once.segments >= (1 if units <= 70 else -(-units // 67))
