"""Tables of addresses as people write them, the reason beside each row.

Numbers are from Ofcom's drama ranges or are the examples that the numbering library publishes.
"""

from __future__ import annotations

from typing import Any

import pytest

from notifier import addresses
from notifier.addresses import AddressRefused, check_line, normalise
from notifier.records import ChannelName

SMS, CALL, EMAIL, LETTER = ChannelName.SMS, ChannelName.CALL, ChannelName.EMAIL, ChannelName.LETTER

MOBILES = [
    ("07700900123", "as dialled"),
    ("07700 900 123", "spaces"),
    ("07700.900.123", "dots"),
    ("07700-900-123", "hyphens"),
    ("07700–900–123", "dashes that a word processor makes"),
    ("(07700) 900123", "brackets"),
    ("07700/900123", "slash"),
    ("+447700900123", "E.164"),
    ("+44 7700 900123", "E.164 with spaces"),
    ("+44 (0)7700 900123", "both prefixes"),
    ("+4407700900123", "both prefixes, run together"),
    ("(+44) 7700 900123", "country code in brackets"),
    ("0044 7700 900123", "dialled from abroad"),
    ("0044 (0) 7700 900123", "dialled from abroad, both prefixes"),
    ("+0044 7700 900123", "both ways to say 'from abroad'"),
    ("447700900123", "the plus sign is lost"),
    ("44 (0)7700 900123", "the plus sign is lost, both prefixes"),
    ("7700900123", "a spreadsheet ate the 0"),
    ("tel:+44-7700-900123", "a link"),
    ("\u202a+44\u00a07700\u2009900123\u202c", "copied from a phone: direction marks, odd spaces"),
    ("07700\u200b900\ufeff123", "zero-width characters"),
    ("０７７００ ９００１２３", "full-width digits"),
    ("  07700 900123\n", "space around it"),
]

NUMBERS = [
    (SMS, "07400 123456", "+447400123456", "a mobile that the library knows"),
    (SMS, "07797 712345", "+447797712345", "Jersey"),
    (SMS, "07781 123456", "+447781123456", "Guernsey"),
    (SMS, "07924 123456", "+447924123456", "Isle of Man"),
    (SMS, "07700 900000", "+447700900000", "first of the drama mobiles"),
    (SMS, "07700 900999", "+447700900999", "last of the drama mobiles"),
    (CALL, "07700 900123", "+447700900123", "a mobile can be called"),
    (CALL, "01632 960000", "+441632960000", "drama: no area, first"),
    (CALL, "01632 960999", "+441632960999", "drama: no area, last"),
    (CALL, "0113 496 0123", "+441134960123", "drama: Leeds"),
    (CALL, "0114 496 0123", "+441144960123", "drama: Sheffield"),
    (CALL, "0115 496 0123", "+441154960123", "drama: Nottingham"),
    (CALL, "0116 496 0123", "+441164960123", "drama: Leicester"),
    (CALL, "0117 496 0123", "+441174960123", "drama: Bristol"),
    (CALL, "0118 496 0123", "+441184960123", "drama: Reading"),
    (CALL, "0121 496 0123", "+441214960123", "drama: Birmingham"),
    (CALL, "0131 496 0123", "+441314960123", "drama: Edinburgh"),
    (CALL, "0141 496 0123", "+441414960123", "drama: Glasgow"),
    (CALL, "0151 496 0123", "+441514960123", "drama: Liverpool"),
    (CALL, "0161 496 0123", "+441614960123", "drama: Manchester"),
    (CALL, "0191 498 0123", "+441914980123", "drama: Tyneside"),
    (CALL, "020 7946 0123", "+442079460123", "drama: London"),
    (CALL, "028 9649 6123", "+442896496123", "drama: Northern Ireland"),
    (CALL, "029 2018 0123", "+442920180123", "drama: Cardiff"),
    (CALL, "0306 999 0123", "+443069990123", "drama: UK-wide"),
    (CALL, "0808 157 0123", "+448081570123", "drama: freephone"),
    (CALL, "0121 234 5678", "+441212345678", "a landline"),
    (CALL, "01481 256789", "+441481256789", "a Guernsey landline"),
]

REFUSED_NUMBERS = [
    (SMS, "01632 960123", "mobile", "a drama landline takes no text"),
    (SMS, "020 7946 0123", "mobile", "a drama landline takes no text"),
    (SMS, "0306 999 0123", "mobile", "a UK-wide number takes no text"),
    (SMS, "0808 157 0123", "mobile", "freephone takes no text"),
    (SMS, "0121 234 5678", "mobile", "a landline takes no text"),
    (SMS, "070 1234 5678", "personal", "070 looks like a mobile and costs a premium"),
    (CALL, "070 1234 5678", "personal", "nor is it called"),
    (CALL, "+44 70 1234 5678", "personal", "however it is written"),
    (CALL, "0909 879 0123", "premium", "drama, but premium"),
    (CALL, "09012 345678", "premium", "premium"),
    (CALL, "0871 234 5678", "premium", "revenue-sharing"),
    (SMS, "07640 123456", "pager", "a pager begins with 07"),
    (SMS, "07700 90012", "incomplete", "a digit is missing"),
    (SMS, "+44 7700 90012", "incomplete", "a digit is missing"),
    (SMS, "07700 9001234", "too many", "a digit too many"),
    (CALL, "960123", "incomplete", "no area code"),
    (CALL, "999", "incomplete", "an emergency number is nobody's"),
    (CALL, "01632 961123", "not in use", "next to the drama range, given to nobody"),
    (SMS, "", "empty", "nothing"),
    (SMS, " \u200b ", "empty", "nothing visible"),
    (SMS, "not known", "digits", "words"),
    (SMS, "07700 900123 (mum)", "digits", "whose is it?"),
    (SMS, "07700 900123 or 07700 900124", "digits", "two numbers: which?"),
    (SMS, "07700 900123/07700 900124", "one whole", "two numbers: which?"),
    (CALL, "01632 960123 ext 7", "digits", "an extension cannot be dialled"),
    (SMS, "0800 FLOWERS", "digits", "letters on the keys"),
    (SMS, "++447700900123", "digits", "two plus signs"),
    (SMS, "+07700 900123", "one whole", "no country begins with 0"),
    (SMS, "+353 85 012 3456", "abroad", "Ireland is abroad"),
    (SMS, "0033 6 12 34 56 78", "abroad", "dialled from the United Kingdom"),
]

EMAILS = [
    ("Jo.Bloggs@EXAMPLE.ORG", "Jo.Bloggs@example.org", "only the domain has no case"),
    ("\u00a0jo@example.org\u200b ", "jo@example.org", "copied with invisible characters"),
    ("jo@police.example", "jo@police.example", "a domain kept for examples"),
    ("jo@mail.test", "jo@mail.test", "a domain kept for tests"),
    ("jo+case@example.org", "jo+case@example.org", "a tag stays"),
    ("jo@bücher.example", "jo@xn--bcher-kva.example", "the domain as mail servers know it"),
    ("o'neill@example.org", "o'neill@example.org", "apostrophe"),
]

REFUSED_EMAILS = [
    ("", "empty", "nothing"),
    ("jo.example.org", "no @", "no @"),
    ("jo@", "well formed", "no domain"),
    ("@example.org", "well formed", "nobody before it"),
    ("jo@example", "well formed", "no dot"),
    ("jo bloggs@example.org", "well formed", "a space"),
    ("jo@example..org", "well formed", "two dots"),
    ("Jo <jo@example.org>", "well formed", "a name before it"),
    ("jo@example.org, al@example.org", "well formed", "two addresses"),
    ("jo@example.org\r\nBcc: al@example.org", "well formed", "a header is smuggled in"),
    ("jo@localhost", "well formed", "a machine without a domain"),
    ("jo@printer.local", "well formed", "a machine at home"),
]

LETTERS = [
    (["1 Mill Lane", "Leeds", "LS1 1AA"], "1 Mill Lane|Leeds|LS1 1AA", "the shortest"),
    (["a", "b", "c", "d", "e", "f", "LS1 1AA"], "a|b|c|d|e|f|LS1 1AA", "the longest"),
    (["1 Mill Lane", "", "  ", "Leeds", "LS1 1AA", ""], "1 Mill Lane|Leeds|LS1 1AA", "blank lines"),
    ([" 1\tMill\u00a0 Lane ", "Leeds\u200b", "ls11aa"], "1 Mill Lane|Leeds|LS1 1AA", "space, postcode"),
    (["1 Mill Lane", "Leeds", "l s 1 1 a a"], "1 Mill Lane|Leeds|LS1 1AA", "a postcode spaced out"),
    (["1 Mill Lane", "Leeds", "LS1 1AA."], "1 Mill Lane|Leeds|LS1 1AA", "a full stop after it"),
    (["1 Mill Lane\nLeeds\nLS1 1AA"], "1 Mill Lane|Leeds|LS1 1AA", "lines inside a line"),
    (["1 Mill Lane", "Leeds", "LS1 1AA", "UK"], "1 Mill Lane|Leeds|LS1 1AA", "country last"),
    (["1 Mill Lane", "Leeds", "U.K.", "LS1 1AA"], "1 Mill Lane|Leeds|LS1 1AA", "country before last"),
    (["1 Mill Lane", "Leeds", "England", "LS1 1AA", "United Kingdom"], "1 Mill Lane|Leeds|LS1 1AA", "two"),
    (["1 Mill Lane", "Leeds", "LS1 1AA", "ENGLAND, UK"], "1 Mill Lane|Leeds|LS1 1AA", "two on one line"),
    (["1 Mill Lane", "Leeds", "LS1 1AA", "Great Britain,"], "1 Mill Lane|Leeds|LS1 1AA", "comma"),
    (["1 Mill Lane", "Leeds", "LS1 1AA", "The United Kingdom"], "1 Mill Lane|Leeds|LS1 1AA", "article"),
    (["1 Stryd", "Caerdydd", "Cymru", "CF10 1AA"], "1 Stryd|Caerdydd|CF10 1AA", "Wales in Welsh"),
    (["1 Quay", "Belfast", "BT1 1AA", "Northern Ireland"], "1 Quay|Belfast|BT1 1AA", "not the Republic"),
    (["1 Quay", "Belfast", "BT1 1AA", "N. Ireland"], "1 Quay|Belfast|BT1 1AA", "shortened"),
    (["1 Mill", "Perth", "PH1 1AA", "Scotland"], "1 Mill|Perth|PH1 1AA", "Scotland"),
    (["a", "b", "c", "d", "e", "f", "LS1 1AA", "UK"], "a|b|c|d|e|f|LS1 1AA", "dropped, then counted"),
    (["1 England Road", "Leeds", "LS1 1AA"], "1 England Road|Leeds|LS1 1AA", "a street is no country"),
    (["Pte X", "1 Regiment", "BF1 2AA"], "Pte X|1 Regiment|BF1 2AA", "British forces"),
    (["1 Rue", "St Helier", "JE2 3AA"], "1 Rue|St Helier|JE2 3AA", "Jersey"),
    (
        ["1 Rue", "St Helier", "Jersey", "JE2 3AA"],
        "1 Rue|St Helier|Jersey|JE2 3AA",
        "part of the address",
    ),
    (["1 Rue", "St Helier", "JE2 3AA", "Jersey"], "1 Rue|St Helier|JE2 3AA", "but last it is one"),
    (["1 Rue", "Torteval", "GY8 0AA", "Guernsey", "Channel Islands"], "1 Rue|Torteval|GY8 0AA", "Guernsey"),
    (["1 Prom", "Douglas", "IM1 1AA", "Isle of Man"], "1 Prom|Douglas|IM1 1AA", "Isle of Man"),
]

POSTCODES = [
    ("m11aa", "M1 1AA", "A9"),
    ("m60 1nw", "M60 1NW", "A99"),
    ("cr2 6xh", "CR2 6XH", "AA9"),
    ("dn55 1pt", "DN55 1PT", "AA99"),
    ("w1a 1hq", "W1A 1HQ", "A9A"),
    ("ec1a 1bb", "EC1A 1BB", "AA9A"),
    ("ze3 9aa", "ZE3 9AA", "Shetland, the last area"),
]

REFUSED_LETTERS = [
    (["Leeds", "LS1 1AA"], "3 to 7", "two lines"),
    (["Leeds", "LS1 1AA", "UK"], "3 to 7", "two lines once the country is dropped"),
    (["", "Leeds", "LS1 1AA"], "3 to 7", "two lines once the blank one is dropped"),
    (["a", "b", "c", "d", "e", "f", "g", "LS1 1AA"], "3 to 7", "eight lines"),
    ([], "3 to 7", "none"),
    (["UK", "England"], "3 to 7", "only countries"),
    (["1 Mill Lane", "LS1 1AA", "Leeds"], "not a UK postcode", "the postcode is not last"),
    (["1 Mill Lane", "Leeds", "Leeds LS1 1AA"], "not a UK postcode", "more than the postcode"),
    (["1 Mill Lane", "Leeds", "LS1"], "not a UK postcode", "half a postcode"),
    (["1 Mill Lane", "Leeds", "LS1 1A"], "not a UK postcode", "a letter is missing"),
    (["1 Mill Lane", "Leeds", "LS111 1AA"], "not a UK postcode", "three digits"),
    (["1 Mill Lane", "Leeds", "LS1 1CA"], "not a UK postcode", "C is never in the second half"),
    (["1 Mill Lane", "Leeds", "LS1A 1AA"], "not a UK postcode", "letter districts are London's"),
    (["1 Mill Lane", "Leeds", "ZZ1 1AA"], "area", "no such area"),
    (["1 Mill Lane", "Leeds", "LX1 1AA"], "area", "no such area"),
    (["No fixed abode", "Leeds", "LS1 1AA"], "no fixed abode", "no letter box"),
    (["Jo Bloggs", "of NO FIXED ADDRESS, Leeds", "LS1 1AA"], "no fixed abode", "inside a line"),
    (["N.F.A.", "Leeds", "LS1 1AA"], "no fixed abode", "shortened"),
    (["NFA"], "no fixed abode", "that is the better reason than the lines"),
    (["1 Rue", "75001 Paris", "France"], "abroad", "abroad"),
    (["1 Quay", "Dublin", "Republic of Ireland"], "abroad", "the Republic"),
    (["1 Rue", "Abidjan", "Côte d'Ivoire"], "not a UK postcode", "a name that we do not list"),
]


@pytest.mark.parametrize(("written", "reason"), MOBILES)
def test_a_mobile_in_all_ways_people_write_it(written: str, reason: str) -> None:
    assert normalise(SMS, written) == "+447700900123", reason


@pytest.mark.parametrize(("channel", "written", "expected", "reason"), NUMBERS)
def test_numbers(channel: ChannelName, written: str, expected: str, reason: str) -> None:
    assert normalise(channel, written) == expected, reason


@pytest.mark.parametrize(("channel", "written", "says", "reason"), REFUSED_NUMBERS)
def test_refused_numbers(channel: ChannelName, written: str, says: str, reason: str) -> None:
    assert says in refusal(channel, written), reason


@pytest.mark.parametrize(
    ("channel", "written", "expected"),
    [
        (SMS, "+33 6 12 34 56 78", "+33612345678"),
        (SMS, "+1 201 555 0123", "+12015550123"),
        (CALL, "+353 1 234 5678", "+35312345678"),
    ],
)
def test_international_numbers_where_the_policy_allows(
    channel: ChannelName, written: str, expected: str
) -> None:
    assert normalise(channel, written, allow_international=True) == expected


@pytest.mark.parametrize(
    ("channel", "written", "says"),
    [
        (SMS, "+353 1 234 5678", "mobile"),
        (CALL, "+33 6 12 34 56", "incomplete"),
        (CALL, "+33 891 12 34 56", "premium"),
    ],
)
def test_international_numbers_keep_the_other_rules(channel: ChannelName, written: str, says: str) -> None:
    with pytest.raises(AddressRefused, match=says):
        normalise(channel, written, allow_international=True)


@pytest.mark.parametrize(("written", "expected", "reason"), EMAILS)
def test_emails(written: str, expected: str, reason: str) -> None:
    assert normalise(EMAIL, written) == expected, reason


@pytest.mark.parametrize(("written", "says", "reason"), REFUSED_EMAILS)
def test_refused_emails(written: str, says: str, reason: str) -> None:
    assert says in refusal(EMAIL, written), reason


@pytest.mark.parametrize(("lines", "expected", "reason"), LETTERS)
def test_letters(lines: list[str], expected: str, reason: str) -> None:
    assert normalise(LETTER, lines) == expected.replace("|", "\n"), reason


@pytest.mark.parametrize(("written", "expected", "shape"), POSTCODES)
def test_postcodes_of_every_shape(written: str, expected: str, shape: str) -> None:
    assert normalise(LETTER, ["a", "b", written]) == f"a\nb\n{expected}", shape


@pytest.mark.parametrize(("lines", "says", "reason"), REFUSED_LETTERS)
def test_refused_letters(lines: list[str], says: str, reason: str) -> None:
    assert says in refusal(LETTER, lines), reason


def test_letters_abroad_where_the_policy_allows() -> None:
    abroad = ["1 Rue de la Paix", "75001 Paris", "FRANCE"]
    assert normalise(LETTER, abroad, allow_foreign_post=True) == "\n".join(abroad)


def test_a_forgotten_postcode_is_no_foreign_country() -> None:
    with pytest.raises(AddressRefused, match="not a UK postcode"):
        normalise(LETTER, ["1 Mill Lane", "Headingley", "Leeds"], allow_foreign_post=True)


def test_a_letter_may_come_as_one_text() -> None:
    assert normalise(LETTER, "1 Mill Lane\r\nLeeds\r\nls1 1aa\r\n") == "1 Mill Lane\nLeeds\nLS1 1AA"


def test_only_a_letter_has_lines() -> None:
    with pytest.raises(AddressRefused, match="one text"):
        normalise(SMS, ["07700900123"])


def test_the_areas_are_royal_mails_121_the_forces_and_the_islands() -> None:
    assert len(addresses._POSTCODE_AREAS) == 121 + 4


@pytest.mark.parametrize(
    ("channel", "written"),
    [(channel, written) for channel, written, _, _ in REFUSED_NUMBERS]
    + [(EMAIL, written) for written, _, _ in REFUSED_EMAILS],
)
def test_no_reason_quotes_the_address(channel: ChannelName, written: str) -> None:
    reason = refusal(channel, written)
    words = [word for word in written.replace("@", " ").split() if len(word) > 3]
    assert not any(word in reason for word in words)
    assert "\n" not in reason


@pytest.mark.parametrize(
    ("channel", "normalised"),
    [(channel, expected) for channel, _, expected, _ in NUMBERS]
    + [(EMAIL, expected) for _, expected, _ in EMAILS]
    + [(LETTER, expected.replace("|", "\n")) for _, expected, _ in LETTERS],
)
def test_normalising_twice_changes_nothing(channel: ChannelName, normalised: str) -> None:
    assert normalise(channel, normalised) == normalised


CHECKED: list[tuple[Any, dict[str, Any], str]] = [
    (
        {"channel": "sms", "address": "07700 900123"},
        {"ok": True, "normalised": "+447700900123"},
        "a number",
    ),
    (
        {"channel": "email", "address": "jo@EXAMPLE.org"},
        {"ok": True, "normalised": "jo@example.org"},
        "an email",
    ),
    (
        {"channel": "letter", "address": {"lines": ["1 Mill Lane", "Leeds", "ls1 1aa", "UK"]}},
        {"ok": True, "normalised": {"lines": ["1 Mill Lane", "Leeds", "LS1 1AA"]}},
        "a letter",
    ),
    (
        {"channel": "letter", "address": ["1 Mill Lane", "Leeds", "LS1 1AA"]},
        {"ok": True, "normalised": {"lines": ["1 Mill Lane", "Leeds", "LS1 1AA"]}},
        "a letter as a bare list",
    ),
    (
        {"channel": "sms", "text": "It’s €5…"},
        {"encoding": "gsm7", "segments": 1, "sent_as": "It's €5..."},
        "a text",
    ),
]

MALFORMED: list[tuple[Any, str, str]] = [
    ("07700900123", "object", "no object"),
    (None, "object", "nothing"),
    ({}, '"channel"', "no channel"),
    ({"channel": "fax", "address": "x"}, '"channel"', "no such channel"),
    ({"channel": ["sms"], "address": "x"}, '"channel"', "a list of channels"),
    ({"channel": "sms"}, '"address"', "neither address nor text"),
    ({"channel": "sms", "address": 7700900123}, '"address"', "a bare number loses its 0"),
    ({"channel": "sms", "address": None}, '"address"', "null"),
    ({"channel": "letter", "address": {"line": []}}, '"address"', "a misspelt field"),
    ({"channel": "letter", "address": ["1 Mill Lane", 2, "LS1 1AA"]}, '"address"', "a line is no text"),
    ({"channel": "sms", "text": 5}, '"text"', "a text that is none"),
    ({"channel": "email", "text": "hello"}, '"text"', "only an sms has parts"),
    ({"channel": "sms", "text": "a", "address": "07700900123"}, "not both", "which?"),
    ({"channel": "sms", "address": "01632 960123"}, "mobile", "a refused address"),
]


@pytest.mark.parametrize(("row", "verdict", "reason"), CHECKED)
def test_check_line(row: dict[str, Any], verdict: dict[str, Any], reason: str) -> None:
    assert check_line(row) == verdict, reason


@pytest.mark.parametrize(("row", "says", "reason"), MALFORMED)
def test_check_line_of_what_cannot_be_used(row: Any, says: str, reason: str) -> None:
    verdict = check_line(row)
    assert verdict["ok"] is False, reason
    assert says in verdict["reason"], reason
    assert verdict.keys() == {"ok", "reason"}


def test_check_line_follows_the_policy() -> None:
    number = {"channel": "sms", "address": "+33 6 12 34 56 78"}
    letter = {"channel": "letter", "address": {"lines": ["1 Rue", "75001 Paris", "France"]}}
    assert check_line(number)["ok"] is False
    assert check_line(letter)["ok"] is False
    assert check_line(number, allow_international=True)["ok"] is True
    assert check_line(letter, allow_foreign_post=True)["ok"] is True


def refusal(channel: ChannelName, written: str | list[str]) -> str:
    with pytest.raises(AddressRefused) as refused:
        normalise(channel, written)
    return refused.value.reason
