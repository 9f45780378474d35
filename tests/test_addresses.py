"""Tables of addresses as people write them, the reason beside each row.

Numbers are from Ofcom's drama ranges or are the examples that the numbering library publishes.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import postal
from notifier.addresses import AddressRefused, check_json, check_line, normalise
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
    ("＋４４（０）７７００－９００１２３", "full-width throughout"),
    ("٠٧٧٠٠ ٩٠٠١٢٣", "Arabic digits"),
    ("+44 (0) 07700 900123", "the 0 twice"),
    ("٠٠٤٤ (٠) ٧٧٠٠ ٩٠٠١٢٣", "both prefixes, in Arabic digits"),
    ("+44 [0] 7700 900123", "square brackets"),
    ("00 44 7700 900123", "dialled from abroad, with spaces"),
    ("00 44 (0)7700-900-123", "everything at once"),
    ("07700·900·123", "middle dots"),
    ("07700_900_123", "underscores"),
    ("07700,900,123", "commas"),
    ("07700 900123,", "a comma left over from a list"),
    ("'07700900123", "a spreadsheet's mark for a text"),
    ("TEL: 07700 900123", "a label"),
    ("07700\n900123", "broken over two lines"),
    ("07700\u00ad900123", "a soft hyphen"),
    ("  07700 900123\n", "space around it"),
]

NUMBERS = [
    (SMS, "07400 123456", "+447400123456", "a mobile that the library knows"),
    (SMS, "07797 712345", "+447797712345", "Jersey"),
    (SMS, "07781 123456", "+447781123456", "Guernsey"),
    (SMS, "07829 123456", "+447829123456", "Jersey, another operator"),
    (SMS, "07911 123456", "+447911123456", "Guernsey, another operator"),
    (SMS, "07624 123456", "+447624123456", "Isle of Man"),
    (SMS, "07924 123456", "+447924123456", "Isle of Man, another operator"),
    (SMS, "07700 900000", "+447700900000", "first of the drama mobiles"),
    (SMS, "07700 900999", "+447700900999", "last of the drama mobiles"),
    (CALL, "07700 900123", "+447700900123", "a mobile can be called"),
    (CALL, "01632 960000", "+441632960000", "drama: no area, first"),
    (CALL, "01632 960999", "+441632960999", "drama: no area, last"),
    (CALL, "0113 496 0000", "+441134960000", "drama: Leeds, first"),
    (CALL, "0113 496 0999", "+441134960999", "drama: Leeds, last"),
    (CALL, "020 7946 0000", "+442079460000", "drama: London, first"),
    (CALL, "020 7946 0999", "+442079460999", "drama: London, last"),
    (CALL, "028 9649 6999", "+442896496999", "drama: Northern Ireland, last"),
    (CALL, "03069 990000", "+443069990000", "drama: UK-wide, first"),
    (CALL, "03069 990999", "+443069990999", "drama: UK-wide, last"),
    (CALL, "08081 570000", "+448081570000", "drama: freephone, first"),
    (CALL, "08081 570999", "+448081570999", "drama: freephone, last"),
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
    (CALL, "01204 62083", "+44120462083", "a short landline: nine digits"),
    (CALL, "0300 123 4567", "+443001234567", "charged as a landline"),
    (CALL, "0800 123 4567", "+448001234567", "freephone"),
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
    (CALL, "0909 879 0000", "premium", "drama, but premium: first"),
    (CALL, "0909 879 0999", "premium", "drama, but premium: last"),
    (CALL, "09012 345678", "premium", "premium"),
    (CALL, "0982 123 4567", "premium", "premium, for adults"),
    (CALL, "0871 234 5678", "premium", "revenue-sharing"),
    (CALL, "0872 234 5678", "premium", "revenue-sharing"),
    (CALL, "0844 123 4567", "premium", "revenue-sharing"),
    (CALL, "0870 123 4567", "premium", "revenue-sharing"),
    (CALL, "0845 123 4567", "premium", "the caller pays part"),
    (CALL, "118 118", "incomplete", "directory enquiries"),
    (CALL, "101", "incomplete", "the police are not the victim"),
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
    (SMS, "O7700 900123", "digits", "a letter O"),
    (SMS, "07700 90012³", "digits", "a footnote is no digit"),
    (SMS, "07700 900123, 07700 900124", "one whole", "two numbers: which?"),
    (SMS, "07700 900123 work", "digits", "a note"),
    (SMS, "tel:+447700900123;ext=7", "digits", "a link with an extension"),
    (SMS, "07700+900123", "digits", "a plus sign inside"),
    (SMS, "07700\x00900123", "digits", "a control character"),
    (SMS, "7" * 1_000, "one whole", "endless"),
    (SMS, "07700 901000", "not in use", "next to the drama range"),
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
    ("JO@XN--BCHER-KVA.EXAMPLE", "JO@xn--bcher-kva.example", "the same domain, as mail servers write it"),
    ("jo@bücher。example", "jo@xn--bcher-kva.example", "the same, with the full stop of a Japanese keyboard"),
    ("o'neill@example.org", "o'neill@example.org", "apostrophe"),
    ("o’neill@example.org", "o'neill@example.org", "a word processor's apostrophe"),
    ("siân@example.org", "siân@example.org", "an accent before the @: another mailbox than without"),
    ("sia\u0302n@example.org", "siân@example.org", "the same accent in two characters"),
    ("jo＠example.org", "jo@example.org", "a full-width @"),
    ("a" * 64 + "@example.org", "a" * 64 + "@example.org", "the longest name"),
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
    ("jo@example.org, al@example.org", "more than one", "two addresses"),
    ("jo@@example.org", "more than one", "which part is the domain?"),
    ("jo@example.org\r\nBcc: al@example.org", "more than one", "a header is smuggled in"),
    ("jo@example.org\r\nBcc: al", "well formed", "a header is smuggled in"),
    ("jo@example.org.", "well formed", "a full stop after it"),
    (".jo@example.org", "well formed", "a dot before it"),
    ("jo.@example.org", "well formed", "a dot before the @"),
    ("j..o@example.org", "well formed", "two dots before the @"),
    ('"jo bloggs"@example.org', "well formed", "a quoted name: hardly any provider takes it"),
    ("<jo@example.org>", "well formed", "angle brackets"),
    ("jo@example.org (work)", "well formed", "a note"),
    ("mailto:jo@example.org", "well formed", "a link"),
    ("jo@[127.0.0.1]", "well formed", "a machine's number"),
    ("jo@exam_ple.org", "well formed", "no domain has an underscore"),
    ("jo@mail.invalid", "well formed", "a domain that is never there"),
    ("a" * 65 + "@example.org", "well formed", "longer than any mailbox may be"),
    ("jo@" + "a." * 130 + "org", "well formed", "longer than any domain may be"),
    ("jo\x00@example.org", "well formed", "a control character"),
    ("jo\ud83d@example.org", "well formed", "half of a character"),
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
    (["1 Mill Lane", "Leeds", "LS1-1AA"], "1 Mill Lane|Leeds|LS1 1AA", "a hyphen inside it"),
    (["1 Mill Lane", "Leeds", "ＬＳ１ １ＡＡ"], "1 Mill Lane|Leeds|LS1 1AA", "full-width"),
    (["1 Mill Lane", "London", "SW1A OAA"], "1 Mill Lane|London|SW1A 0AA", "O where only a digit can be"),
    (["1 Mill Lane,", "Leeds;", "LS1 1AA,"], "1 Mill Lane|Leeds|LS1 1AA", "punctuation at the ends"),
    (["-", "1 Mill Lane", ".", "Leeds", "LS1 1AA"], "1 Mill Lane|Leeds|LS1 1AA", "lines of nothing"),
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
    (["1 Mill", "Leeds", "LS1 1AA", "the u.k."], "1 Mill|Leeds|LS1 1AA", "any case"),
    (["1 Mill", "Leeds", "LS1 1AA", "Scotland UK"], "1 Mill|Leeds|LS1 1AA", "two without a comma"),
    (["1 Stryd", "Caerdydd", "CF10 1AA", "Prydain Fawr"], "1 Stryd|Caerdydd|CF10 1AA", "in Welsh"),
    (["1 Bay", "Swansea", "South Wales", "SA1 1AA"], "1 Bay|Swansea|South Wales|SA1 1AA", "no country"),
    (["NFU House", "Leeds", "LS1 1AA"], "NFU House|Leeds|LS1 1AA", "not the letters for no fixed abode"),
    (["Pte X", "1 Regiment", "BF1 2AA"], "Pte X|1 Regiment|BF1 2AA", "British forces"),
    (["Pte X", "1 Regiment", "b.f.p.o 61"], "Pte X|1 Regiment|BFPO 61", "British forces by number"),
    (["Pte X", "1 Regiment", "BFPO 61", "BF1 2AA"], "Pte X|1 Regiment|BFPO 61|BF1 2AA", "both"),
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
    (["No fixed place of abode", "Leeds", "LS1 1AA"], "no fixed abode", "the long form"),
    (["N / F / A", "Leeds", "LS1 1AA"], "no fixed abode", "spelt out"),
    (["Heb gartref sefydlog", "Caerdydd", "CF10 1AA"], "no fixed abode", "in Welsh"),
    (["Address not known", "Leeds", "LS1 1AA"], "no fixed abode", "nobody knows"),
    (["1 Rue", "Abidjan", "Côte d'Ivoire"], "abroad", "accents and apostrophe"),
    (["1 Road", "Kingstown", "Saint Vincent & the Grenadines"], "abroad", "saint, and, the"),
    (["1 Road", "Kinshasa", "DR Congo"], "abroad", "shortened"),
    (["1 Street", "New York NY 10001", "U.S.A."], "abroad", "initials"),
    (["1 Rue", "75001 Paris", "Ffrainc"], "abroad", "in Welsh"),
    (["1 Road", "GX11 1AA", "Gibraltar"], "abroad", "looks like a postcode"),
    (["1 Road", "Gibraltar", "GX11 1AA"], "area", "looks like a postcode"),
    (["1 Rue", "Ruritania", "Streslau"], "not a UK postcode", "a name that is no country"),
    (["1 Mill Lane", "Leeds", "LS1 1AA UK"], "nothing else", "more than the postcode"),
    (["1 Mill Lane", "Leeds", "LO 1AA"], "not a UK postcode", "O might be 0 or a slip for S"),
    (["Pte X", "1 Regiment", "BFPO"], "not a UK postcode", "without its number"),
    (["Pte X", "BFPO 61"], "3 to 7", "two lines"),
    (["1 Mill Lane, Leeds, LS1 1AA"], "3 to 7", "all on one line"),
    (["1 Mill Lane" + "x" * 90, "Leeds", "LS1 1AA"], "longer than 100", "it does not fit the window"),
    (["1 Mill\x07 Lane", "Leeds", "LS1 1AA"], "cannot be printed", "a control character"),
    (["1 Mill\x00 Lane", "Leeds", "LS1 1AA"], "cannot be printed", "no database holds it either"),
    (["1 Mill\ud83d Lane", "Leeds", "LS1 1AA"], "cannot be printed", "half of a character"),
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


@pytest.mark.parametrize("country", ["FRANCE", "France", "france."])
def test_letters_abroad_where_the_policy_allows(country: str) -> None:
    written = ["1 Rue de la Paix", "75001 Paris", country]
    assert normalise(LETTER, written, allow_foreign_post=True) == "1 Rue de la Paix\n75001 Paris\nFRANCE"


def test_a_forgotten_postcode_is_no_foreign_country() -> None:
    with pytest.raises(AddressRefused, match="not a UK postcode"):
        normalise(LETTER, ["1 Mill Lane", "Headingley", "Leeds"], allow_foreign_post=True)


def test_a_letter_may_come_as_one_text() -> None:
    assert normalise(LETTER, "1 Mill Lane\r\nLeeds\r\nls1 1aa\r\n") == "1 Mill Lane\nLeeds\nLS1 1AA"


@pytest.mark.parametrize("endless", ["0" * 3_000, "\n" * 3_000, [""] * 3_000, ["a" * 1_000] * 3])
@pytest.mark.parametrize("channel", ChannelName)
def test_a_book_is_no_address(channel: ChannelName, endless: str | list[str]) -> None:
    assert "longer than 2,000" in refusal(channel, endless)


def test_only_a_letter_has_lines() -> None:
    with pytest.raises(AddressRefused, match="one text"):
        normalise(SMS, ["07700900123"])


def test_the_areas_are_royal_mails_121_the_forces_and_the_islands() -> None:
    assert len(postal._POSTCODE_AREAS) == 121 + 4


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


PARTS = st.text(max_size=40) | st.sampled_from(
    [
        "LS1 1AA",
        "BFPO 6",
        "Jersey",
        "UK",
        "France",
        "+44",
        "0",
        "07700900123",
        "@",
        "example.org",
        "tel:",
        "\ud83d",
    ]
)
ADDRESSES = st.lists(PARTS, max_size=6).map("".join) | st.lists(PARTS, max_size=9)
ROWS = st.fixed_dictionaries(
    {"channel": st.sampled_from([*ChannelName, "SMS", None, 7])},
    optional={
        "address": ADDRESSES | ADDRESSES.map(lambda lines: {"lines": lines}),
        "text": st.none() | st.text(max_size=40),
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@given(row=ROWS | JSON, abroad=st.booleans())
def test_every_line_has_one_verdict_of_a_known_shape(row: Any, abroad: bool) -> None:
    line = json.dumps(row).encode()
    verdict = check_json(line, allow_international=abroad, allow_foreign_post=abroad)
    json.dumps(verdict)
    assert tuple(verdict) in {("ok", "normalised"), ("ok", "reason"), ("encoding", "segments", "sent_as")}
    if "normalised" in verdict:
        again = {"channel": row["channel"], "address": verdict["normalised"]}
        assert check_line(again, allow_international=abroad, allow_foreign_post=abroad) == verdict


@given(st.binary(max_size=60))
def test_whatever_bytes_come_have_a_verdict(line: bytes) -> None:
    assert check_json(line)["ok"] is False


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
