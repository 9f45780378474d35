"""Addresses as people write them, made into the one form that is stored, compared and sent to.

Pure. Every detail is the contract's section `notifier check`. No reason ever quotes the address.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from notifier.address_text import AddressRefused, visible
from notifier.postal import letter_lines
from notifier.records import ChannelName
from notifier.sms_text import measure

__all__ = ["AddressRefused", "check_json", "check_line", "normalise"]

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
_LONGEST = 2_000  # characters: no address is, and reading a book as one takes long
_BETWEEN_DIGITS = "()[]./,_'\u2019\u2212\u00b7\u2022"


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
    lines = [address] if isinstance(address, str) else address
    if sum(len(line) + 1 for line in lines) > _LONGEST:
        raise AddressRefused(f"the address is longer than {_LONGEST:,} characters")
    if channel is ChannelName.LETTER:
        return "\n".join(letter_lines(lines, allow_foreign_post))
    if not isinstance(address, str):
        raise AddressRefused("the address must be one text")
    if channel is ChannelName.EMAIL:
        return _email(address)
    return _number(address, for_sms=channel is ChannelName.SMS, allow_international=allow_international)


def check_json(
    line: bytes, *, allow_international: bool = False, allow_foreign_post: bool = False
) -> dict[str, Any]:
    """Return the verdict on one line of `notifier check` as it came; every line has one."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {"ok": False, "reason": "the line is not JSON"}
    return check_line(row, allow_international=allow_international, allow_foreign_post=allow_foreign_post)


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
    plain = visible(address).strip().lower().removeprefix("tel:")
    bare = "".join(character for character in plain if not _separates(character))
    if not bare:
        raise AddressRefused("the number is empty")
    if not re.fullmatch(r"\+?\d+", bare):
        raise AddressRefused("the number holds something other than digits")
    digits = re.sub(r"^\+?00", "+", phonenumbers.normalize_digits_only(bare, keep_non_digits=True))
    try:
        return phonenumbers.parse(re.sub(r"^\+?440+", "+44", digits), "GB")  # +44 (0) is one prefix too many
    except NumberParseException:
        raise AddressRefused("it is not one whole telephone number") from None


def _separates(character: str) -> bool:
    """Tell whether people write the character between digits for the eye only."""
    return character.isspace() or character in _BETWEEN_DIGITS or unicodedata.category(character) == "Pd"


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
    bare = visible(address).strip().replace("\u2019", "'")  # a word processor's o\u2019neill
    if not bare:
        raise AddressRefused("the email address is empty")
    if "@" not in bare:
        raise AddressRefused("the email address has no @ sign")
    if bare.count("@") > 1:
        raise AddressRefused("there is more than one @ sign; give one email address alone")
    try:
        # "Test environment" only adds the domain .test, and no look-up in the network is made.
        found = validate_email(bare, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        raise AddressRefused("the email address is not complete or not well formed") from None
    return f"{found.local_part}@{found.ascii_domain}"
