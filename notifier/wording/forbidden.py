"""What a message must not show: on a lock screen, and to others of a victim who must be discreet."""

from __future__ import annotations

from collections.abc import Iterator

from notifier.rules.policy import Policy
from notifier.rules.sensitivity import begun_words, has_link, name_words, without_rank
from notifier.wording import samples

_PEOPLE = name_words(without_rank(name) for name in samples.PEOPLE)
# Beginnings of words that tell of police, an offence or a case. Others of an offence are the policy's.
_TELLING = (
    *("police", "constab", "officer", "offence", "crime", "criminal", "case", "victim", "suspect", "arrest"),
    *("court", "hearing", "trial", "witness", "charge", "bail", "prison", "investigat", "evidence", "999"),
    *("heddlu", "swyddog", "trosedd", "drosedd", "throsedd", "achos", "dioddef", "ddioddef", "arest"),
    *("amheuaeth", "llys", "gwrandawiad", "wrandawiad", "tyst", "dyst", "cyhudd", "gyhudd", "carchar"),
    *("garchar", "mechn", "fechn", "ymchwil", "tystiolaeth", "101"),
)
_OF_THE_CASE = (samples.CASE.reference, samples.CASE.force)


def shown_by_sms(text: str, policy: Policy) -> Iterator[str]:
    """Yield what an SMS shows and must not: an offence, a name, a link (rules, section 3)."""
    yield from _offences(text, policy)
    yield from _names(text)
    if has_link(text) and not policy.words.links_in_sms:
        yield "a link"


def shown_by_subject(text: str, policy: Policy) -> Iterator[str]:
    """Yield what an email's subject shows and must not: a phone shows it when it is locked."""
    yield from _offences(text, policy)
    yield from _names(text)


def shown_though_discreet(text: str, policy: Policy) -> Iterator[str]:
    """Yield what a discreet message tells and must not: police, offence, case or a name."""
    yield from _offences(text, policy)
    yield from _names(text)
    for stem in begun_words(text, _TELLING):
        yield f"a word of police or case ({stem})"
    if any(fact in text for fact in _OF_THE_CASE):
        yield "the case's reference or force"


def _offences(text: str, policy: Policy) -> Iterator[str]:
    for stem in begun_words(text, policy.offence_words):
        yield f"an offence word ({stem})"


def _names(text: str) -> Iterator[str]:
    if not _PEOPLE.isdisjoint(name_words([text])):
        yield "a person's name"
