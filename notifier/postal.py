"""Postal addresses as people write them, made into the lines that are printed (contract, `notifier check`).

Pure. No reason ever quotes the address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from babel import Locale

from notifier.address_text import AddressRefused, visible


def _names(listed: str) -> frozenset[str]:
    """Return the names of a list written with commas, each as ``_country`` returns it."""
    return frozenset(" ".join(name.split()) for name in listed.split(","))


# A letter follows the district's digit only in these areas of London.
_POSTCODE = re.compile(
    r"(?:[A-Z]{1,2}[0-9]{1,2}|(?:E|EC|N|NW|SE|SW|W|WC)[0-9][A-HJKMNPR-Y])[0-9][ABD-HJLNP-UW-Z]{2}"
)
_POSTCODE_AREAS = _names("""
    AB, AL, B, BA, BB, BD, BH, BL, BN, BR, BS, BT, CA, CB, CF, CH, CM, CO, CR, CT, CV, CW, DA, DD, DE,
    DG, DH, DL, DN, DT, DY, E, EC, EH, EN, EX, FK, FY, G, GL, GU, HA, HD, HG, HP, HR, HS, HU, HX, IG,
    IP, IV, KA, KT, KW, KY, L, LA, LD, LE, LL, LN, LS, LU, M, ME, MK, ML, N, NE, NG, NN, NP, NR, NW, OL,
    OX, PA, PE, PH, PL, PO, PR, RG, RH, RM, S, SA, SE, SG, SK, SL, SM, SN, SO, SP, SR, SS, ST, SW, SY,
    TA, TD, TF, TN, TQ, TR, TS, TW, UB, W, WA, WC, WD, WF, WN, WR, WS, WV, YO, ZE
""") | {"BF", "JE", "GY", "IM"}  # British forces and the Crown Dependencies
_UK_COUNTRIES = _names("""
    uk, u k, gb, g b, gbr, united kingdom, united kingdom of great britain and northern ireland, great
    britain, britain, england, scotland, wales, northern ireland, n ireland, ni, cymru, lloegr, yr alban,
    gogledd iwerddon, y deyrnas unedig, deyrnas unedig, prydain fawr, prydain, y du
""")
_CROWN_DEPENDENCIES = _names("jersey, guernsey, isle of man, alderney, sark, herm, channel islands")
_NOT_ABROAD = frozenset({"GB", "JE", "GG", "IM", "CQ", "EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
# What people write and the CLDR does not list.
_OTHER_COUNTRY_NAMES = _names("""
    us, usa, u s a, united states of america, america, uae, eire, republic of ireland, holland, turkey,
    russian federation, burma, myanmar, czech republic, ivory coast, cabo verde, east timor, swaziland,
    macedonia, bosnia, hong kong, macau, macao, palestine, vatican, korea, republic of korea, somaliland,
    congo, dr congo, drc, democratic republic of congo, republic of congo, peoples republic of china
""")
_NO_FIXED_ABODE = re.compile(
    r"\bno (fixed|permanent|settled|known) (place of )?(abode|address|residence)\b|\bn ?f ?a\b"
    r"|\baddress (unknown|not known)\b|\b(heb|dim) g?(artref|cartref|yfeiriad|cyfeiriad) sefydlog\b"
)
_FEWEST_LINES, _MOST_LINES = 3, 7
_LONGEST_LINE = 100  # our policy: beyond it, no line fits the window of an envelope
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn"})


def letter_lines(given: Sequence[str], allow_foreign_post: bool) -> list[str]:
    """Return the lines as they are printed: 3 to 7, the last a postcode, a BFPO number or a country abroad.

    A given line may hold several. UK country lines are dropped. Raises ``AddressRefused``.
    """
    lines = [
        line
        for text in given
        for line in map(_line, text.splitlines())
        if not _is_one_of(_UK_COUNTRIES, line)
    ]
    while lines and _is_one_of(_UK_COUNTRIES | _CROWN_DEPENDENCIES, lines[-1]):
        lines.pop()  # elsewhere than last it is part of the address, as in "St Helier, Jersey"
    if any(_NO_FIXED_ABODE.search(_words(line)) for line in lines):
        raise AddressRefused("no fixed abode: a letter would not arrive")
    if not _FEWEST_LINES <= len(lines) <= _MOST_LINES:
        raise AddressRefused(
            f"a letter needs {_FEWEST_LINES} to {_MOST_LINES} lines, UK country lines not counted"
        )
    return [*lines[:-1], _last_line(lines[-1], allow_foreign_post)]


def _line(text: str) -> str:
    """Return a line without needless space and punctuation; empty where no letter or digit is in it."""
    line = " ".join(visible(text).split()).strip(" ,;")
    if any(unicodedata.category(character) in _UNPRINTABLE for character in line):
        raise AddressRefused("a line holds a character that cannot be printed")
    if len(line) > _LONGEST_LINE:
        raise AddressRefused(f"a line is longer than {_LONGEST_LINE} characters; write it as two")
    return line if any(character.isalnum() for character in line) else ""


def _last_line(line: str, allow_foreign_post: bool) -> str:
    if _country(line) in _countries_abroad():
        if allow_foreign_post:
            return line.upper().rstrip(".")  # as the Royal Mail asks for it
        raise AddressRefused("it is an address abroad, which the policy does not allow")
    code = re.sub(r"[\W_]", "", line).upper()
    if re.fullmatch(r"BFPO[1-9][0-9]{0,3}", code):
        return f"BFPO {code[4:]}"  # British forces abroad: the number alone is enough
    code = re.sub(r"O(?=[A-Z]{2}$)", "0", code)  # the last three begin with a digit
    if not _POSTCODE.fullmatch(code):
        raise AddressRefused("the last line is not a UK postcode and nothing else")
    if re.split(r"\d", code)[0] not in _POSTCODE_AREAS:
        raise AddressRefused("the postcode's first letters are not a UK postcode area")
    return f"{code[:-3]} {code[-3:]}"


@cache
def _countries_abroad() -> frozenset[str]:
    """Return the countries' names in English and Welsh, those of the CLDR among them."""
    listed = {
        _country(name)
        for language in ("en", "cy")
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code not in _NOT_ABROAD
    }
    return _OTHER_COUNTRY_NAMES | listed


def _is_one_of(names: frozenset[str], line: str) -> bool:
    """Tell whether a line is empty or only one of ``names`` or several, as in "England, UK"."""
    return re.fullmatch(rf"(?:(?:{'|'.join(names)})(?: |$))*", _country(line)) is not None


def _country(line: str) -> str:
    """Return a line's words for comparing names of countries: "the" and how "saint" is written count not."""
    return re.sub(r"\bthe ", "", re.sub(r"\bsaint ", "st ", _words(line)))


def _words(line: str) -> str:
    """Return a line for comparing: in small letters, "&" written out, without marks and accents."""
    plain = unicodedata.normalize("NFKD", line.casefold()).replace("&", " and ")
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in ".'\u2019()")
    return " ".join(re.sub(r"[^\w]+", " ", letters).split())
