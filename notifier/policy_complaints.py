"""What is wrong with an entry of a policy file, in words for the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from pydantic_core import ErrorDetails

# By pydantic's own names for what is wrong; a name in braces is filled from the same report. Only times of
# day have a pattern.
_WORDS = {
    "missing": "is missing; give it",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "finite_number": "must be an ordinary number",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "date_type": "must be a day without quotes, such as 2026-07-01",
    "string_type": "must be words in quotes",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": 'must be a time of day in quotes, such as "08:00"',
    "zoneinfo_str": 'must be a time zone, such as "Europe/London"',
    "tuple_type": "must be a list, in [square brackets]",
    "frozen_set_type": "must be a list, in [square brackets]",
    "model_type": "must be a part with entries of its own",
    "dict_type": "must be a part with entries of its own",
    "too_short": "needs {min_length} or more of them, not {actual_length}",
    "too_long": "must have no more than {max_length} of them, not {actual_length}",
}
_A_CHOICE = frozenset({"literal_error", "enum"})


def complaint(error: ErrorDetails, known: Iterable[str]) -> str:
    """Return what is wrong and the mend; ``known`` are the names that may stand where an unknown one does."""
    context = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        wrong = str(error["loc"][-1])
        return f"is no entry of the policy; {_nearest(wrong, known) or 'docs/policy.md lists them'}"
    if error["type"] in _A_CHOICE:
        return _choice(str(error["input"]), str(context["expected"]))
    if error["type"] == "tuple_type" and isinstance(error["input"], dict):
        return "must be a list; write its header in [[double brackets]]"
    if error["type"] == "value_error":
        return str(context["error"])
    return _WORDS.get(error["type"], error["msg"]).format(**context)


def _choice(given: str, expected: str) -> str:
    known = re.findall(r"'([^']*)'", expected)
    return f"'{given}' is not known; {_nearest(given, known) or 'give one of ' + ', '.join(known)}"


def _nearest(given: str, known: Iterable[str]) -> str | None:
    nearest = get_close_matches(given, known, n=1)
    return f"did you mean '{nearest[0]}'?" if nearest else None
