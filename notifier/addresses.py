"""Addresses as people write them, made into the one form that is stored, compared and sent to.

Pure. Every detail is the contract's section `notifier check`. No reason ever quotes the address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from notifier.records import ChannelName
from notifier.sms_text import measure

_UK = 44  # also Jersey, Guernsey and the Isle of Man

# Ofcom, "Telephone numbers for drama use": never given to anybody, so safe in tests and training.
# National numbers without the leading 0. The premium range (0909 8790xxx) is refused like all premium ones.
_DRAMA_MOBILE = re.compile(r"7700900\d{3}")
_DRAMA_LANDLINE = re.compile(
    r"(11[3-8]|121|131|141|151|161)4960\d{3}"  # Leeds to Reading, and the big cities
    r"|1914980\d{3}|2079460\d{3}|2896496\d{3}|2920180\d{3}"  # Tyneside, London, Northern Ireland, Cardiff
    r"|1632960\d{3}"  # no area
    r"|3069990\d{3}|8081570\d{3}"  # UK-wide, freephone
)

_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_REFUSED_TYPES = {
    PhoneNumberType.PERSONAL_NUMBER: "it is a personal number (070), which costs the caller a premium",
    PhoneNumberType.PREMIUM_RATE: "it is a premium-rate number",
    PhoneNumberType.SHARED_COST: "it is a shared-cost number",
    PhoneNumberType.PAGER: "it is a pager",
}
_NOT_A_MOBILE = "it is not a mobile number, so it cannot take a text message"


def _names(listed: str) -> frozenset[str]:
    """Return the names of a list written with commas."""
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
    uk, gb, gbr, united kingdom, the united kingdom, united kingdom of great britain and northern
    ireland, great britain, britain, england, scotland, wales, northern ireland, n ireland, cymru,
    lloegr, yr alban, gogledd iwerddon, y deyrnas unedig, deyrnas unedig
""")
_CROWN_DEPENDENCIES = _names("jersey, guernsey, isle of man, alderney, sark, herm, channel islands")
_FOREIGN_COUNTRIES = _names("""
    afghanistan, albania, algeria, andorra, angola, antigua and barbuda, argentina, armenia, aruba,
    australia, austria, azerbaijan, bahamas, the bahamas, bahrain, bangladesh, barbados, belarus,
    belgium, belize, benin, bermuda, bhutan, bolivia, bosnia, bosnia and herzegovina, botswana, brazil,
    british virgin islands, brunei, bulgaria, burkina faso, burma, burundi, cambodia, cameroon, canada,
    cape verde, cayman islands, central african republic, chad, chile, china, colombia, comoros, congo,
    costa rica, croatia, cuba, cyprus, czechia, czech republic, democratic republic of the congo,
    denmark, djibouti, dominica, dominican republic, east timor, ecuador, egypt, eire, el salvador,
    equatorial guinea, eritrea, estonia, eswatini, ethiopia, falkland islands, faroe islands, fiji,
    finland, france, gabon, gambia, the gambia, georgia, germany, ghana, gibraltar, greece, greenland,
    grenada, guatemala, guinea, guinea bissau, guyana, haiti, holland, honduras, hong kong, hungary,
    iceland, india, indonesia, iran, iraq, ireland, israel, italy, ivory coast, jamaica, japan, jordan,
    kazakhstan, kenya, kiribati, kosovo, kuwait, kyrgyzstan, laos, latvia, lebanon, lesotho, liberia,
    libya, liechtenstein, lithuania, luxembourg, macau, madagascar, malawi, malaysia, maldives, mali,
    malta, marshall islands, mauritania, mauritius, mexico, micronesia, moldova, monaco, mongolia,
    montenegro, montserrat, morocco, mozambique, myanmar, namibia, nauru, nepal, netherlands, the
    netherlands, new zealand, nicaragua, niger, nigeria, north korea, north macedonia, norway, oman,
    pakistan, palau, palestine, panama, papua new guinea, paraguay, peru, philippines, the philippines,
    poland, portugal, puerto rico, qatar, republic of ireland, romania, russia, rwanda, saint helena,
    samoa, san marino, saudi arabia, senegal, serbia, seychelles, sierra leone, singapore, slovakia,
    slovenia, solomon islands, somalia, somaliland, south africa, south korea, south sudan, spain, sri
    lanka, st helena, st kitts and nevis, st lucia, st vincent and the grenadines, sudan, suriname,
    sweden, switzerland, syria, taiwan, tajikistan, tanzania, thailand, togo, tonga, trinidad and
    tobago, tunisia, turkey, turkiye, turkmenistan, turks and caicos islands, tuvalu, uae, uganda,
    ukraine, united arab emirates, united states, united states of america, uruguay, us, usa,
    uzbekistan, vanuatu, vatican city, venezuela, vietnam, yemen, zambia, zimbabwe
""")
_NO_FIXED_ABODE = re.compile(r"\bno fixed (abode|address|residence)\b|\bnfa\b")
_FEWEST_LINES, _MOST_LINES = 3, 7


class AddressRefused(ValueError):
    """An address that cannot be used; ``reason`` says why in plain words and never quotes it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def normalise(
    channel: ChannelName,
    address: str | Sequence[str],
    *,
    allow_international: bool = False,
    allow_foreign_post: bool = False,
) -> str:
    """Return the one form of ``address``: E.164, an email with its domain in ASCII, or lines joined by "\\n".

    A letter's address may be its lines or one text of several lines; the others are one text.
    Raises ``AddressRefused``, also where ``channel`` and the kind of ``address`` do not fit.
    """
    if channel is ChannelName.LETTER:
        lines = [address] if isinstance(address, str) else address
        return "\n".join(_letter_lines(lines, allow_foreign_post))
    if not isinstance(address, str):
        raise AddressRefused("the address must be one text")
    if channel is ChannelName.EMAIL:
        return _email(address)
    return _number(address, for_sms=channel is ChannelName.SMS, allow_international=allow_international)


def check_line(
    row: Mapping[str, Any], *, allow_international: bool = False, allow_foreign_post: bool = False
) -> dict[str, Any]:
    """Return the verdict on one line of `notifier check`, in the contract's shape, also on a bad one."""
    try:
        channel = _channel(row)
        if "text" in row:
            return _check_text(channel, row)
        address = _address(channel, row)
        normalised = normalise(
            channel,
            address,
            allow_international=allow_international,
            allow_foreign_post=allow_foreign_post,
        )
    except AddressRefused as refused:
        return {"ok": False, "reason": refused.reason}
    if channel is ChannelName.LETTER:
        return {"ok": True, "normalised": {"lines": normalised.split("\n")}}
    return {"ok": True, "normalised": normalised}


def _channel(row: Mapping[str, Any]) -> ChannelName:
    if not isinstance(row, Mapping):
        raise AddressRefused('a line must be an object with "channel" and "address" or "text"')
    try:
        return ChannelName(str(row.get("channel")))
    except ValueError:
        raise AddressRefused(f'"channel" must be one of {", ".join(ChannelName)}') from None


def _check_text(channel: ChannelName, row: Mapping[str, Any]) -> dict[str, Any]:
    if "address" in row:
        raise AddressRefused('give either "address" or "text", not both')
    if channel is not ChannelName.SMS:
        raise AddressRefused('"text" is only checked where "channel" is sms')
    if not isinstance(row["text"], str):
        raise AddressRefused('"text" must be a text')
    measured = measure(row["text"])
    return {"encoding": measured.encoding, "segments": measured.segments, "sent_as": measured.sent_as}


def _address(channel: ChannelName, row: Mapping[str, Any]) -> str | list[str]:
    if "address" not in row:
        raise AddressRefused('"address" (or for an sms "text") is missing')
    address = row["address"]
    if channel is ChannelName.LETTER:
        lines = address.get("lines") if isinstance(address, Mapping) else address
        if isinstance(lines, str):
            return lines
        if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
            return lines
        raise AddressRefused('"address" of a letter must be {"lines": [...]}, each line a text')
    if not isinstance(address, str):
        raise AddressRefused('"address" must be a text')
    return address


def _visible(text: str) -> str:
    """Return ``text`` without characters that nobody sees, which come along when an address is copied."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def _number(address: str, *, for_sms: bool, allow_international: bool) -> str:
    number = _parsed(address)
    kind = _uk_type(number) if number.country_code == _UK else _foreign_type(number, allow_international)
    if kind in _REFUSED_TYPES:
        raise AddressRefused(_REFUSED_TYPES[kind])
    if for_sms and kind not in _MOBILE:
        raise AddressRefused(_NOT_A_MOBILE)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _parsed(address: str) -> PhoneNumber:
    """Parse strictly: the library would also read words as digits and the first of two numbers."""
    plain = unicodedata.normalize("NFKC", _visible(address)).strip().lower().removeprefix("tel:")
    bare = "".join(character for character in plain if not _separates(character))
    if not bare:
        raise AddressRefused("the number is empty")
    if not re.fullmatch(r"\+?\d+", bare):
        raise AddressRefused("the number holds something other than digits")
    try:
        return phonenumbers.parse(bare.removeprefix("+") if bare.startswith("+00") else bare, "GB")
    except NumberParseException:
        raise AddressRefused("it is not one whole telephone number") from None


def _separates(character: str) -> bool:
    """Tell whether people write the character between digits for the eye only."""
    return character.isspace() or character in "()[]./\u2212" or unicodedata.category(character) == "Pd"


def _uk_type(number: PhoneNumber) -> int:
    national = phonenumbers.national_significant_number(number)
    if _DRAMA_MOBILE.fullmatch(national):
        return PhoneNumberType.MOBILE
    if _DRAMA_LANDLINE.fullmatch(national):
        return PhoneNumberType.FIXED_LINE
    if national.startswith("70"):
        return PhoneNumberType.PERSONAL_NUMBER
    if phonenumbers.is_valid_number(number):
        return phonenumbers.number_type(number)
    if len(national) > 10:
        raise AddressRefused("the number has too many digits")
    if len(national) < 10:
        raise AddressRefused("the number is incomplete")
    raise AddressRefused("the number is not in use in the United Kingdom")


def _foreign_type(number: PhoneNumber, allowed: bool) -> int:
    if not allowed:
        raise AddressRefused("it is a number abroad, which the policy does not allow")
    if not phonenumbers.is_valid_number(number):
        raise AddressRefused("the number is incomplete or not in use in its country")
    return phonenumbers.number_type(number)


def _email(address: str) -> str:
    bare = _visible(address).strip()
    if not bare:
        raise AddressRefused("the email address is empty")
    if "@" not in bare:
        raise AddressRefused("the email address has no @ sign")
    try:
        # "Test environment" only adds the domain .test, and no look-up in the network is made.
        found = validate_email(bare, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise AddressRefused("the email address is not complete or not well formed") from None
    return f"{found.local_part}@{found.ascii_domain}"


def _letter_lines(given: Sequence[str], allow_foreign_post: bool) -> list[str]:
    folded = (" ".join(_visible(line).split()) for text in given for line in text.splitlines())
    lines = [line for line in folded if line and not _names_only(line, _UK_COUNTRIES)]
    while lines and _names_only(lines[-1], _UK_COUNTRIES | _CROWN_DEPENDENCIES):
        lines.pop()  # elsewhere than last it is part of the address, as in "St Helier, Jersey"
    if any(_NO_FIXED_ABODE.search(_words(line)) for line in lines):
        raise AddressRefused("no fixed abode: a letter would not arrive")
    if not _FEWEST_LINES <= len(lines) <= _MOST_LINES:
        raise AddressRefused(
            f"a letter needs {_FEWEST_LINES} to {_MOST_LINES} lines, UK country lines not counted"
        )
    return [*lines[:-1], _last_line(lines[-1], allow_foreign_post)]


def _last_line(line: str, allow_foreign_post: bool) -> str:
    if _words(line) in _FOREIGN_COUNTRIES:
        if allow_foreign_post:
            return line
        raise AddressRefused("it is an address abroad, which the policy does not allow")
    postcode = re.sub(r"[\s.,]", "", line).upper()
    if not _POSTCODE.fullmatch(postcode):
        raise AddressRefused("the last line is not a UK postcode")
    area = re.split(r"\d", postcode)[0]
    if area not in _POSTCODE_AREAS:
        raise AddressRefused("the postcode's first letters are not a UK postcode area")
    return f"{postcode[:-3]} {postcode[-3:]}"


def _names_only(line: str, names: frozenset[str]) -> bool:
    """Tell whether the whole line is one of ``names``, or several with commas, as in "England, UK"."""
    return all(_words(part) in names for part in line.rstrip(" ,").split(","))


def _words(line: str) -> str:
    """Return a line for comparing: in small letters, "&" written out, without marks and accents."""
    plain = unicodedata.normalize("NFKD", line.casefold()).replace("&", " and ")
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in ".'’()")
    return " ".join(re.sub(r"[^\w]+", " ", letters).split())
