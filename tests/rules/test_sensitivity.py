from __future__ import annotations

from typing import Any

import pytest

from notifier.event_data import Sentence
from notifier.event_types import EVENT_TYPES
from notifier.records import CaseEvent, ChannelFacts, ChannelName, CourtesyContent, Form, Needs, Tone
from notifier.rules.sensitivity import (
    courtesy_suits_short_form,
    ends_restriction,
    enhanced_rights,
    letter_needs_written_safety,
    never_in_full_by,
    offers_meeting,
    suits_short_form,
    tone_of,
    without_rank,
)
from tests.builders import SHIPPED, a_case, a_victim, an_event

SERIOUS = (
    *("domestic_abuse", "stalking", "sexual_offence", "trafficking"),
    *("child_abuse", "hate_crime", "homicide"),
)
ORDINARY = (
    *("burglary", "theft", "vehicle", "robbery", "violence", "criminal_damage", "fraud"),
    *("antisocial_behaviour", "road_collision", "other"),
)
RELEASED = "case.suspect_released"
STAFF = ("PC Priya Shah", "Sgt Tom Reid", "Victim Care Unit")
NAMES = (*map(without_rank, STAFF), "Jo", "Bloggs", "Anne-Marie", "O'Neill")


@pytest.mark.parametrize("offence", SERIOUS)
def test_a_serious_offence_brings_enhanced_rights(offence: str) -> None:
    assert enhanced_rights(a_case(offence=offence), a_victim(), SHIPPED)


@pytest.mark.parametrize("offence", ORDINARY)
def test_another_offence_brings_them_only_by_her_flag(offence: str) -> None:
    assert not enhanced_rights(a_case(offence=offence), a_victim(), SHIPPED)
    assert enhanced_rights(a_case(offence=offence), a_victim(enhanced=True), SHIPPED)


def test_a_road_collision_is_serious_only_when_fatal() -> None:
    assert enhanced_rights(a_case(offence="road_collision", fatal=True), a_victim(), SHIPPED)
    assert not enhanced_rights(a_case(offence="burglary", fatal=True), a_victim(), SHIPPED)


# rules, section 1: the tone; "*" is safety for a victim at risk, else routine.
TONES = {
    "victim.registered": "routine",
    "case.not_investigated": "bad_news",
    "case.no_further_action": "bad_news",
    "case.suspect_arrested": "routine",
    "case.suspect_interviewed": "routine",
    "case.suspect_released": "*",
    "case.bail_changed": "*",
    "case.charged": "routine",
    "case.out_of_court": "routine",
    "case.charge_altered": "bad_news",
    "case.closed": "bad_news",
    "case.reopened": "routine",
    "case.progress": "routine",
    "officer.assigned": "routine",
    "court.hearing_listed": "routine",
    "court.hearing_changed": "routine",
    "court.witness_required": "routine",
    "court.bail_decided": "*",
    "court.warrant_issued": "routine",
    "court.special_measures": "routine",
    "court.sentenced": "routine",
    "court.appeal": "routine",
    "custody.release_planned": "routine",
    "custody.recalled": "routine",
    "custody.released": "safety",
    "custody.escaped": "safety",
    "contact_scheme.offered": "routine",
}
BY_ITS_OUTCOME = frozenset({"court.verdict"})


@pytest.mark.parametrize(
    "name", [r.name for r in EVENT_TYPES.values() if r.told and r.name not in BY_ITS_OUTCOME]
)
def test_the_tone_of_every_told_event(name: str) -> None:
    at_risk, not_at_risk = ("safety", "routine") if TONES[name] == "*" else (TONES[name],) * 2
    event = an_event(name)
    assert tone_of(event, a_case(suspect_known=True), a_victim(), SHIPPED) == at_risk
    assert tone_of(event, a_case(), a_victim(), SHIPPED) == not_at_risk


@pytest.mark.parametrize(
    ("case", "enhanced", "expected", "reason"),
    [
        ({"offence": "burglary"}, False, Tone.ROUTINE, "nobody is at risk"),
        ({"offence": "burglary"}, True, Tone.SAFETY, "enhanced rights"),
        ({"offence": "stalking"}, False, Tone.SAFETY, "a serious offence is enhanced rights"),
        ({"offence": "violence"}, False, Tone.SAFETY, "violence"),
        ({"offence": "robbery"}, False, Tone.SAFETY, "robbery"),
        ({"offence": "theft", "suspect_known": True}, False, Tone.SAFETY, "he knows her or her home"),
        ({"offence": "road_collision"}, False, Tone.ROUTINE, "nobody died"),
        ({"offence": "road_collision", "fatal": True}, False, Tone.SAFETY, "somebody died"),
    ],
)
def test_the_asterisk(case: dict[str, Any], enhanced: bool, expected: Tone, reason: str) -> None:
    victim = a_victim(enhanced=enhanced)
    assert tone_of(an_event(RELEASED), a_case(**case), victim, SHIPPED) is expected, reason


ARRESTED = an_event("case.suspect_arrested", "Wed 1 Apr 2026 09:30")
BAILED = an_event(RELEASED, "Thu 2 Apr 2026 09:30", outcome="bail")
LET_GO = an_event(RELEASED, "Thu 2 Apr 2026 09:30", outcome="no_charge")
UNDER_INVESTIGATION = an_event(RELEASED, "Thu 2 Apr 2026 09:30", outcome="under_investigation")
NO_FURTHER_ACTION = an_event("case.no_further_action", "Wed 8 Apr 2026 09:30")
CLOSED = an_event("case.closed", "Wed 8 Apr 2026 09:30")


@pytest.mark.parametrize(
    ("news", "before", "expected", "reason"),
    [
        (NO_FURTHER_ACTION, [ARRESTED], True, "he was in custody"),
        (NO_FURTHER_ACTION, [ARRESTED, BAILED], True, "he was on bail"),
        (NO_FURTHER_ACTION, [BAILED, ARRESTED], True, "the order in which they arrived does not matter"),
        (NO_FURTHER_ACTION, [ARRESTED, LET_GO], False, "he was free already"),
        (NO_FURTHER_ACTION, [ARRESTED, UNDER_INVESTIGATION], False, "released, but not on bail"),
        (NO_FURTHER_ACTION, [LET_GO, ARRESTED], False, "it goes by when things happened"),
        (NO_FURTHER_ACTION, [], False, "nothing is on record"),
        (NO_FURTHER_ACTION, [NO_FURTHER_ACTION], False, "it does not count as its own past"),
        (CLOSED, [ARRESTED, BAILED], False, "closing as such ends no bail"),
    ],
)
def test_bad_news_that_ends_custody_or_bail(
    news: CaseEvent, before: list[CaseEvent], expected: bool, reason: str
) -> None:
    assert ends_restriction(news, before) is expected, reason


def test_what_happened_later_is_no_record_of_before() -> None:
    arrested_again = an_event("case.suspect_arrested", "Fri 10 Apr 2026 09:30")
    assert not ends_restriction(NO_FURTHER_ACTION, [arrested_again])


@pytest.mark.parametrize(
    ("news", "case", "expected", "reason"),
    [
        (NO_FURTHER_ACTION, {"offence": "sexual_offence"}, True, "for this offence"),
        (NO_FURTHER_ACTION, {"offence": "child_abuse"}, True, "for this offence"),
        (NO_FURTHER_ACTION, {"offence": "hate_crime"}, True, "for this offence"),
        (NO_FURTHER_ACTION, {"offence": "homicide"}, True, "after a death"),
        (NO_FURTHER_ACTION, {"offence": "violence", "fatal": True}, True, "after a death"),
        (NO_FURTHER_ACTION, {"offence": "stalking"}, False, "a serious offence, but none of these"),
        (NO_FURTHER_ACTION, {"offence": "burglary"}, False, "an ordinary offence"),
        (CLOSED, {"offence": "homicide"}, False, "the closing offers none"),
    ],
)
def test_a_meeting_is_offered(news: CaseEvent, case: dict[str, Any], expected: bool, reason: str) -> None:
    assert offers_meeting(news, a_case(**case), SHIPPED) is expected, reason


@pytest.mark.parametrize(
    ("offence", "discreet", "expected"),
    [
        ("domestic_abuse", False, True),
        ("stalking", False, True),
        ("burglary", True, True),
        ("burglary", False, False),
        ("sexual_offence", False, False),
    ],
)
def test_a_letter_needs_written_safety(offence: str, discreet: bool, expected: bool) -> None:
    needs = Needs(discreet=discreet)
    assert letter_needs_written_safety(a_case(offence=offence), needs, SHIPPED) is expected


def test_bad_news_never_goes_in_full_by_sms() -> None:
    barred = [(c, t) for c in ChannelName for t in Tone if never_in_full_by(SHIPPED.facts[c], t)]
    assert barred == [(ChannelName.SMS, Tone.BAD_NEWS)]


@pytest.mark.parametrize("lock_screen", [True, False])
def test_bad_news_never_goes_in_full_by_any_channel_of_the_short_form(lock_screen: bool) -> None:
    facts = ChannelFacts(ChannelName.EMAIL, Form.SHORT, lock_screen, gives_receipts=True)
    assert [tone for tone in Tone if never_in_full_by(facts, tone)] == [Tone.BAD_NEWS]


@pytest.mark.parametrize(
    ("text", "suits", "reason"),
    [
        ("We have sent the glove for forensic tests.", True, "plain"),
        ("x" * 240, True, "as long as fits"),
        ("x" * 241, False, "it does not fit"),
        ("We spoke to Mr Bloggs's neighbour.", False, "a victim's name, with a genitive"),
        ("we asked JO again", False, "a short name, in capitals"),
        ("PC Shah has the results.", False, "an officer's name"),
        ("Your officer has the results.", True, "a rank or a job is no name"),
        ("Ask the unit about victim support.", True, "the words of a unit's name are no name"),
        ("Bloggsworth Road was searched.", True, "a longer word is another word"),
        ("We met Anne at home.", False, "half of a double name"),
        ("O’Neill was seen.", False, "another apostrophe"),
        ("The burglary is being looked into.", False, "an offence word"),
        ("He was charged with Assault.", False, "an offence word, capitalised"),
        ("We found the murderer's coat.", False, "the beginning of a word"),
        ("The establishment was closed.", True, "the middle of a word is none"),
        ("See https://example.org/x", False, "a link"),
        ("See www.example", False, "a link without a scheme"),
        ("Look at example.co.uk today", False, "a bare domain"),
        ("Open t.co/abc123 for more", False, "a shortened link"),
        ("Write to desk@police.example", False, "an address is a link too"),
        ("Tests are done.Results follow.", True, "a missing space is no link"),
    ],
)
def test_free_text_in_an_sms(text: str, suits: bool, reason: str) -> None:
    event = an_event("case.progress", text=text, waiting_for=None, expected_by=None)
    assert suits_short_form(event, NAMES, SHIPPED) is suits, reason


@pytest.mark.parametrize("offence", sorted({*SERIOUS, *ORDINARY} - {"vehicle", "other"}))
def test_the_name_of_an_offence_is_an_offence_word(offence: str) -> None:
    event = an_event("case.progress", text=f"It was recorded as {offence.replace('_', ' ')}.")
    assert not suits_short_form(event, (), SHIPPED)


def test_a_given_name_that_is_also_a_rank_is_a_name() -> None:
    event = an_event("case.progress", text="We have spoken with Di about the results.")
    assert not suits_short_form(event, ("Di", "Roberts"), SHIPPED)


def test_every_free_text_of_the_event_counts() -> None:
    event = an_event("case.progress", text="Tests are done.", waiting_for="a call from Jo")
    assert not suits_short_form(event, NAMES, SHIPPED)


@pytest.mark.parametrize(
    ("conditions", "suits", "reason"),
    [
        (["must not contact you", "must not enter Mill Lane"], True, "plain"),
        (["must stay at home from 19:00 to 07:00"] * 20, True, "long lists are shortened, never left out"),
        (["must not contact Jo Bloggs"], False, "a name on file"),
        ([], True, "none"),
    ],
)
def test_conditions_in_an_sms(conditions: list[str], suits: bool, reason: str) -> None:
    assert suits_short_form(an_event(RELEASED, conditions=conditions), NAMES, SHIPPED) is suits, reason


def test_an_event_without_free_text_suits_an_sms() -> None:
    assert suits_short_form(ARRESTED, NAMES, SHIPPED)


@pytest.mark.parametrize(
    ("content", "suits", "reason"),
    [
        (CourtesyContent(), True, "the honest minimum quotes nothing"),
        (CourtesyContent(last_event=ARRESTED), True, "an event without free text"),
        (CourtesyContent(last_event=an_event("case.progress", text="Jo was asked.")), False, "it names her"),
        (CourtesyContent(last_event=ARRESTED, waiting_for="forensic results"), True, "plain"),
        (CourtesyContent(last_event=ARRESTED, waiting_for="the stalking report"), False, "an offence word"),
        (CourtesyContent(last_event=ARRESTED, waiting_for="x" * 241), False, "it does not fit"),
    ],
)
def test_a_courtesy_update_in_an_sms(content: CourtesyContent, suits: bool, reason: str) -> None:
    assert courtesy_suits_short_form(content, NAMES, SHIPPED) is suits, reason


@pytest.mark.parametrize(
    ("outcome", "to_prison"),
    [
        ("custody", True),
        ("4 years in prison", True),
        ("Life imprisonment, at least 18 years", True),
        ("18 months in a young offender institution, in custody", True),
        ("suspended", False),
        ("8 months in prison, suspended for two years", False),
        ("community", False),
        ("a conditional discharge", False),
    ],
)
def test_a_courts_own_words_say_whether_it_is_prison(outcome: str, to_prison: bool) -> None:
    assert Sentence(case_id="c1", outcome=outcome).to_prison is to_prison
