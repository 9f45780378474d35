"""How carefully a notice must be told: rights, tone, what short words may carry (rules, sections 1 and 3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache

from notifier.event_types import EVENT_TYPES, ToneRule
from notifier.records import Case, CaseEvent, ChannelFacts, CourtesyContent, Form, Needs, Tone, Victim
from notifier.rules.policy import Policy

_FATAL_IS_SERIOUS = "road_collision"
_LINK = re.compile(
    r"https?:|www\.|@|\b[\w-]+\.(?:com|org|net|uk|wales|cymru|info|io|ly)\b|\b[\w-]+\.[a-z]{2,24}/",
    re.IGNORECASE,
)
_SHORTEST_NAME = 2


def dangerous_in_other_hands(case: Case, victim: Victim, policy: Policy) -> bool:
    """Tell whether it may harm her that somebody else reads what is sent to her (our policy)."""
    return enhanced_rights(case, victim, policy) or case.offence in policy.no_letter_offences


def enhanced_rights(case: Case, victim: Victim, policy: Policy) -> bool:
    """Tell whether the shorter limits hold: the victim's flag, or a serious offence (section 1)."""
    return victim.enhanced or serious(case, policy)


def serious(case: Case, policy: Policy) -> bool:
    """Tell whether the case's offence is a *serious offence* (section 1)."""
    return case.offence in policy.serious_offences or (case.offence == _FATAL_IS_SERIOUS and case.fatal)


def tone_of(event: CaseEvent, case: Case, victim: Victim, policy: Policy) -> Tone:
    """Return the tone of an event for this victim (the table of section 1, with its asterisk)."""
    rule = EVENT_TYPES[event.type].tone
    if rule is ToneRule.IF_ACQUITTED:
        return Tone.BAD_NEWS if event.data.outcome == "not_guilty" else Tone.ROUTINE
    if rule is not ToneRule.AT_RISK:
        return Tone(rule.value)
    at_risk = (
        enhanced_rights(case, victim, policy) or case.offence in policy.at_risk_offences or case.suspect_known
    )
    return Tone.SAFETY if at_risk else Tone.ROUTINE


def frees_suspect(event: CaseEvent, history: Iterable[CaseEvent]) -> bool:
    """Tell whether ``event`` is news that a person must tell at once: it ends custody or bail (section 3)."""
    return EVENT_TYPES[event.type].bad_if_freed and ends_restriction(event, history)


def ends_restriction(event: CaseEvent, history: Iterable[CaseEvent]) -> bool:
    """Tell whether ``event`` ends custody or bail that is on record for the case (section 3)."""
    if _restriction_after(event) is not False:
        return False
    said = [e for e in history if _restriction_after(e) is not None and _order(e) < _order(event)]
    return bool(said) and bool(_restriction_after(max(said, key=_order)))


def _restriction_after(event: CaseEvent) -> bool | None:
    """Return whether the suspect is in custody or on bail once this happened; ``None``: it says nothing."""
    restricts = EVENT_TYPES[event.type].restricts
    return restricts(event.data) if restricts else None


def _order(event: CaseEvent) -> tuple[datetime, int]:
    return event.occurred_at, event.pk


def offers_meeting(event: CaseEvent, case: Case, policy: Policy) -> bool:
    """Tell whether the notice offers a meeting: after a death, or for some offences (section 3)."""
    after_death = case.fatal or case.offence == "homicide"
    return EVENT_TYPES[event.type].offers_meeting and (after_death or case.offence in policy.meeting_offences)


def letter_needs_written_safety(case: Case, needs: Needs, policy: Policy) -> bool:
    """Tell whether a letter may only go to a contact point with ``safe: true`` written (section 3)."""
    return needs.discreet or case.offence in policy.no_letter_offences


def suits_short_form(event: CaseEvent, names_on_file: Iterable[str], policy: Policy) -> bool:
    """Tell whether the event's free text may stand in an SMS or the like (section 3).

    It may where it holds no name on file, no offence word and no link, and fits. A list (conditions)
    always fits: the template shortens it, and never drops it.
    """
    values = [getattr(event.data, name) or "" for name in EVENT_TYPES[event.type].free_text]
    plain = " ".join(value for value in values if isinstance(value, str) and value)
    lists = " ".join(line for value in values if not isinstance(value, str) for line in value)
    return _fits(plain, policy) and _holds_nothing_forbidden(f"{plain} {lists}", names_on_file, policy)


def courtesy_suits_short_form(content: CourtesyContent, names_on_file: Iterable[str], policy: Policy) -> bool:
    """Tell whether what a no-progress update quotes may stand in an SMS or the like."""
    names = tuple(names_on_file)
    awaited = content.waiting_for or ""
    quoted = content.last_event is None or suits_short_form(content.last_event, names, policy)
    return quoted and _fits(awaited, policy) and _holds_nothing_forbidden(awaited, names, policy)


def _fits(text: str, policy: Policy) -> bool:
    return len(text) <= policy.channels.free_text_characters


def _holds_nothing_forbidden(text: str, names_on_file: Iterable[str], policy: Policy) -> bool:
    if has_link(text) and not policy.words.links_in_sms:
        return False
    if begun_words(text, policy.offence_words):
        return False
    return name_words(names_on_file).isdisjoint(_words(text))


def has_link(text: str) -> bool:
    """Tell whether a text holds a web address, an email address or a part of one."""
    return _LINK.search(text) is not None


def begun_words(text: str, stems: tuple[str, ...]) -> tuple[str, ...]:
    """Return the beginnings of words, of those asked for, that stand in a text, each once."""
    return tuple(dict.fromkeys(found.lower() for found in _beginnings(stems).findall(text)))


@cache
def _beginnings(stems: tuple[str, ...]) -> re.Pattern[str]:
    # Without any stem nothing may match.
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, stems)) or '(?!)'})", re.IGNORECASE)


def name_words(names: Iterable[str]) -> set[str]:
    """Return the single words of ``names``, folded for comparison."""
    words = {word for name in names for word in _words(name)}
    return {word for word in words if len(word) >= _SHORTEST_NAME}


def without_rank(name: str) -> str:
    """Return a staff member's name without rank, title and the words of a unit's name."""
    return " ".join(word for word in _words(name) if word not in _NOT_NAMES)


def _words(text: str) -> list[str]:
    """Return the words of a text, however its letters and marks are composed."""
    composed = unicodedata.normalize("NFC", text)
    return [word.casefold() for word in re.findall(r"[^\W\d_]+", composed)]


_NOT_NAMES = frozenset(
    (
        *("pc", "dc", "ds", "di", "dci", "pcso", "sgt", "sergeant", "insp", "inspector", "constable"),
        *("detective", "officer", "mr", "mrs", "ms", "miss", "dr", "mx", "the", "of", "and"),
        *("unit", "team", "victim", "care", "support", "police"),
    )
)


def never_in_full_by(facts: ChannelFacts, tone: Tone) -> bool:
    """Tell whether the full text must not go by this channel: bad news by SMS or the like (section 3)."""
    return facts.form is Form.SHORT and tone is Tone.BAD_NEWS
