from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifier.errors import RenderingError
from notifier.event_types import EVENT_TYPES, ToneRule
from notifier.records import (
    Case,
    CaseEvent,
    Contract,
    CourtesyContent,
    Form,
    FullTextBy,
    Needs,
    PersonName,
    Rendered,
    RenderRequest,
    Role,
    StaffMember,
    Victim,
    Wording,
)
from notifier.rendering import Renderer
from notifier.rendering_dates import Dates
from notifier.rendering_fields import event_fields
from notifier.sms_text import measure
from notifier.template_folders import SHIPPED
from tests.builders import MOST_SEGMENTS, a_policy

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 4, 7, 9, 0, tzinfo=LONDON)
OFFICER = StaffMember(
    "off7", "PC Priya Shah", "priya.shah@police.example", "01632 960001", ("Mon 07:00-15:00",)
)
SUPERVISOR = StaffMember("sup1", "Sgt Tom Reid", "tom.reid@police.example", "01632 960002")
UNIT = StaffMember("unit1", "Victim Care Unit", "vcu@police.example", "01632 960003")
CASE = Case(
    1, "c1", True, "burglary", force="Example", reference="EX/1234/26",
    officer=OFFICER, supervisor=SUPERVISOR, unit=UNIT,
)  # fmt: skip
JO = PersonName("Ms", "Jo", "Bloggs")
VICTIM = Victim(1, "v1", JO, Contract(), Needs(), False, False, Role.VICTIM, JO, ())
DISCREET = replace(VICTIM, needs=Needs(discreet=True))
REPRESENTED = replace(VICTIM, role=Role.REPRESENTATIVE, recipient=PersonName(family="Sam Carter"))
NAMES = ("Jo", "Bloggs", "Priya", "Shah", "Tom", "Reid", "Carter")
FORBIDDEN_WHEN_DISCREET = (
    *("police", "constab", "offence", "case", "crime", "victim", "officer", "court", "suspect", "arrest"),
    *("bail", "investigat", "unit", "burglar", "glove", "forensic", "evidence", "Mill Lane", "EX/1234/26"),
    *("Example", *NAMES),
)
TOLD = [row.name for row in EVENT_TYPES.values() if row.told]
BAD_NEWS = [row.name for row in EVENT_TYPES.values() if row.told and row.tone is ToneRule.BAD_NEWS]
SAMPLES: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in TOLD),
    ("case.progress", {"waiting_for": None, "expected_by": None}),
    ("case.progress", {"expected_by": None}),
    ("case.no_further_action", {"reasons": None}),
    ("case.no_further_action", {"reasons": None, "reasons_withheld": "an informant is at risk"}),
    ("case.suspect_released", {"outcome": "bail", "conditions": []}),
    ("case.suspect_released", {"outcome": "no_charge", "conditions": []}),
    ("case.suspect_released", {"outcome": "under_investigation", "conditions": []}),
    ("case.suspect_released", {"outcome": "under_investigation"}),
    ("case.charged", {"offences": ["burglary", "theft from a dwelling"]}),
]
OFFENCE_WORD = re.compile(
    "|".join(rf"\b{re.escape(stem)}" for stem in a_policy().offence_words), re.IGNORECASE
)
LINK = re.compile(r"https?:|www\.|@|\.(?:uk|org|com)\b", re.IGNORECASE)
EMPTY_PHRASE = re.compile(
    "avenues|enquiries are ongoing|in due course|at this time|rest assured", re.IGNORECASE
)


def event(
    name: str, changes: dict[str, Any] | None = None, occurred_at: datetime = NOW, pk: int = 1
) -> CaseEvent:
    row = EVENT_TYPES[name]
    data = row.data.model_validate({"case_id": "c1", **row.sample, **(changes or {})})
    return CaseEvent(
        pk,
        "urn:example:records",
        f"e{pk}",
        name,
        "c1",
        occurred_at,
        occurred_at,
        occurred_at,
        False,
        None,
        data,
    )


def request(form: Form, *events: CaseEvent, **changes: Any) -> RenderRequest:
    whole = RenderRequest(
        form, Wording.FULL, CASE, VICTIM, OFFICER, NOW, events, next_update=date(2026, 5, 5)
    )  # fmt: skip
    return replace(whole, **changes)


def courtesy(form: Form, content: CourtesyContent, **changes: Any) -> RenderRequest:
    return request(form, courtesy=content, **changes)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(LONDON)


def mentions(text: str, words: tuple[str, ...]) -> list[str]:
    return [word for word in words if re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE)]


def all_words(rendered: Rendered) -> str:
    letter = rendered.letter
    lines = (*letter.sender, letter.salutation, letter.reference_line, *letter.officer) if letter else ()
    return " ".join(
        (rendered.subject or "", rendered.html or "", rendered.text, *rendered.paragraphs, *lines)
    )


# Every event has its words


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("wording", Wording)
@pytest.mark.parametrize("victim", [VICTIM, REPRESENTED], ids=["victim", "representative"])
@pytest.mark.parametrize(("name", "changes"), SAMPLES)
def test_every_told_event_renders_in_every_form_and_wording(
    renderer: Renderer, name: str, changes: dict[str, Any], victim: Victim, wording: Wording, form: Form
) -> None:
    asked = request(form, event(name, changes), victim=victim, wording=wording, full_text_by=FullTextBy.EMAIL)
    rendered = renderer.render(asked)
    assert rendered.form is form
    assert rendered.language == "en"
    words = all_words(rendered)
    assert "None" not in words
    assert "{" not in rendered.text
    assert not re.search(r"\.\.(?!\.)|\s[.,;)]|  ", rendered.text)
    assert not EMPTY_PHRASE.search(words)
    if form is Form.SHORT:
        assert measure(rendered.text).segments <= MOST_SEGMENTS
        assert not OFFENCE_WORD.search(rendered.text)
        assert not LINK.search(rendered.text)
        assert not mentions(rendered.text, NAMES)
    if wording is Wording.NEUTRAL:
        assert not mentions(words, FORBIDDEN_WHEN_DISCREET)
        assert "01632 960001" in rendered.text


@pytest.mark.parametrize("name", TOLD)
def test_every_told_event_can_be_named_in_a_clause(renderer: Renderer, name: str) -> None:
    content = CourtesyContent(last_event=event(name, occurred_at=datetime(2026, 3, 6, 11, tzinfo=LONDON)))
    text = renderer.render(courtesy(Form.MAIL, content)).text
    clause = text.partition("The last step was this: ")[2].partition("\n")[0]
    assert clause[0].islower()
    assert clause.endswith(".")
    assert re.search(r"\b\d{1,2} (March|April|May|October)\b", clause)


@pytest.mark.parametrize("name", TOLD)
def test_a_subject_names_the_case_but_no_offence_and_no_person(renderer: Renderer, name: str) -> None:
    subject = renderer.render(request(Form.MAIL, event(name))).subject
    assert subject is not None
    assert "EX/1234/26" in subject
    assert not OFFENCE_WORD.search(subject)
    assert not mentions(subject, NAMES)
    assert len(subject) < 80


# What an SMS may carry


@pytest.mark.parametrize("name", BAD_NEWS)
@pytest.mark.parametrize("wording", [Wording.FULL, Wording.NEWS, Wording.POINTER])
def test_bad_news_by_sms_says_only_that_there_is_news(
    renderer: Renderer, name: str, wording: Wording
) -> None:
    asked = request(Form.SHORT, event(name), wording=wording, full_text_by=FullTextBy.CALL)
    text = renderer.render(asked).text
    assert "There is news" in text
    assert "An officer will call you" in text
    assert "01632 960001" in text
    assert not mentions(text, ("closed", "no further", "decision", "evidence"))


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (FullTextBy.EMAIL, "by email"),
        (FullTextBy.LETTER, "A letter"),
        (FullTextBy.CALL, "An officer will call you"),
        (None, "An officer will call you"),
    ],
)
def test_a_pointer_says_how_the_full_text_comes(
    renderer: Renderer, by: FullTextBy | None, words: str
) -> None:
    asked = request(Form.SHORT, event("case.progress"), wording=Wording.POINTER, full_text_by=by)
    text = renderer.render(asked).text
    assert "There is an update." in text
    assert words in text
    assert not mentions(text, ("glove", "forensic"))


def test_a_pointer_to_a_release_still_says_that_the_suspect_is_released(renderer: Renderer) -> None:
    asked = request(
        Form.SHORT, event("case.suspect_released"), wording=Wording.POINTER, full_text_by=FullTextBy.EMAIL
    )
    text = renderer.render(asked).text
    assert "The suspect was released on 7 April on bail." in text
    assert "999" in text
    assert "Mill Lane" not in text


def test_a_pointer_is_the_whole_text_in_a_mail(renderer: Renderer) -> None:
    asked = request(Form.MAIL, event("case.progress"), wording=Wording.POINTER)
    assert "the glove found at your home" in renderer.render(asked).text


def test_the_acknowledgement_by_sms_holds_the_reference_and_whom_to_call(renderer: Renderer) -> None:
    text = renderer.render(request(Form.SHORT, event("victim.registered"))).text
    for words in ("EX/1234/26", "officer", "01632 960001", "Monday 7am to 3pm", "5 May", "Victim Support"):
        assert words in text


@pytest.mark.parametrize("number_of_conditions", [2, 6, 9])
def test_conditions_are_shortened_in_an_sms_but_never_dropped(
    renderer: Renderer, number_of_conditions: int
) -> None:
    conditions = [
        f"must not{number} go to the street where the family lives" for number in range(number_of_conditions)
    ]
    text = renderer.render(
        request(Form.SHORT, event("case.suspect_released", {"conditions": conditions}))
    ).text
    for number in range(number_of_conditions):
        assert f"must not{number}" in text
    assert ("..." in text) is ("Call us to hear the rules in full." in text)
    assert measure(text).segments <= MOST_SEGMENTS or number_of_conditions > 6


def test_a_condition_of_one_long_word_is_cut_and_stays(renderer: Renderer) -> None:
    text = renderer.render(
        request(Form.SHORT, event("case.suspect_released", {"conditions": ["x" * 500]}))
    ).text
    assert "xxx..." in text


# Several events in one message


def test_joined_events_are_one_message_oldest_first(renderer: Renderer) -> None:
    arrest = event("case.suspect_arrested", occurred_at=datetime(2026, 4, 1, 9, tzinfo=LONDON))
    interview = event("case.suspect_interviewed", occurred_at=datetime(2026, 4, 2, 9, tzinfo=LONDON), pk=2)
    mail = renderer.render(request(Form.MAIL, arrest, interview))
    assert mail.text.count("Dear Ms Bloggs,") == 1
    assert mail.text.count("Yours sincerely,") == 1
    assert mail.text.index("arrested on 1 April") < mail.text.index("2 April")
    assert mail.subject == "Case EX/1234/26: several updates"


def test_two_short_events_are_told_whole_in_one_sms(renderer: Renderer) -> None:
    assigned, progress = event("officer.assigned"), event("case.progress", pk=2)
    text = renderer.render(request(Form.SHORT, assigned, progress)).text
    assert "They have the notes" in text
    assert "the glove found at your home" in text
    assert text.count("EX/1234/26") == 1


def test_many_events_become_clauses_in_one_sms(renderer: Renderer) -> None:
    names = ("case.suspect_arrested", "case.suspect_interviewed", "case.charged", "court.hearing_listed")
    events = [event(name, pk=pk) for pk, name in enumerate(names)]
    text = renderer.render(request(Form.SHORT, *events)).text
    assert (
        "a suspect was arrested on 7 April; a suspect was interviewed on 7 April; someone was charged" in text
    )
    assert "Monday 12 October at 10am" in text
    assert measure(text).segments <= MOST_SEGMENTS


# Discreet


def test_a_discreet_message_needs_a_number(renderer: Renderer) -> None:
    nobody = replace(CASE, officer=None, supervisor=None, unit=None)
    asked = request(Form.SHORT, event("case.progress"), wording=Wording.NEUTRAL, case=nobody, contact=None)
    with pytest.raises(RenderingError, match="a number to call"):
        renderer.render(asked)


def test_a_discreet_message_leaves_out_a_shift_that_it_cannot_read(renderer: Renderer) -> None:
    talkative = replace(OFFICER, next_shifts=("front desk of the police station",))
    asked = request(
        Form.SHORT, event("case.progress"), wording=Wording.NEUTRAL, victim=DISCREET, contact=talkative
    )
    assert not mentions(renderer.render(asked).text, FORBIDDEN_WHEN_DISCREET)


def test_a_discreet_courtesy_update_says_no_more_than_any_other(renderer: Renderer) -> None:
    content = CourtesyContent(event("case.progress"), "forensic results", date(2026, 3, 6), date(2026, 4, 20))
    for form in Form:
        words = all_words(renderer.render(courtesy(form, content, wording=Wording.NEUTRAL)))
        assert not mentions(words, FORBIDDEN_WHEN_DISCREET)
        assert "01632 960001" in words


# Who is addressed, and whom to call


@pytest.mark.parametrize(
    ("name", "salutation"),
    [
        (PersonName("Ms", "Jo", "Bloggs"), "Dear Ms Bloggs,"),
        (PersonName("", "Jo", "Bloggs"), "Dear Jo Bloggs,"),
        (PersonName("Ms", "Jo", ""), "Dear Jo,"),
        (PersonName("", "Jo", ""), "Dear Jo,"),
        (PersonName("", "", "Sam Carter"), "Dear Sam Carter,"),
        (PersonName("Ms", "", ""), "Hello,"),
        (PersonName(), "Hello,"),
        (PersonName("Ms\r\n\r\n", "", "Blo\u202eggs\x00"), "Dear Ms Bloggs,"),
    ],
)
def test_salutations(renderer: Renderer, name: PersonName, salutation: str) -> None:
    asked = request(Form.MAIL, event("case.charged"), victim=replace(VICTIM, recipient=name))
    assert renderer.render(asked).text.startswith(f"{salutation}\n\n")


def test_a_letter_needs_a_family_name(renderer: Renderer) -> None:
    nameless = replace(VICTIM, recipient=PersonName("Ms", "Jo", ""))
    with pytest.raises(RenderingError, match="family name"):
        renderer.render(request(Form.LETTER, event("case.charged"), victim=nameless))


def test_a_representative_is_told_about_the_person_they_speak_for(renderer: Renderer) -> None:
    mail = renderer.render(request(Form.MAIL, event("victim.registered"), victim=REPRESENTED)).text
    assert mail.startswith("Dear Sam Carter,")
    assert "you represent Jo Bloggs" in mail
    assert "your case" not in mail.casefold()
    short = renderer.render(request(Form.SHORT, event("victim.registered"), victim=REPRESENTED)).text
    assert "the case of the person you represent, EX/1234/26" in short


def test_a_cover_says_for_whom_they_stand_in(renderer: Renderer) -> None:
    text = renderer.render(request(Form.MAIL, event("case.charged"), contact=SUPERVISOR)).text
    assert "contact Sgt Tom Reid, who is standing in for PC Priya Shah." in text


@pytest.mark.parametrize(
    ("contact", "case", "number"),
    [
        (OFFICER, CASE, "01632 960001"),
        (replace(OFFICER, phone=None), CASE, "01632 960003"),
        (None, CASE, "01632 960003"),
        (None, replace(CASE, unit=None), "01632 960002"),
        (None, replace(CASE, unit=None, supervisor=None), "101"),
        (replace(OFFICER, phone=None), replace(CASE, unit=None, supervisor=None), "101"),
    ],
)
def test_there_is_always_a_number_to_call(
    renderer: Renderer, contact: StaffMember | None, case: Case, number: str
) -> None:
    for form in (Form.SHORT, Form.MAIL, Form.LETTER):
        asked = request(form, event("case.charged"), contact=contact, case=case)
        assert number in renderer.render(asked).text


def test_a_shift_in_other_words_stands_in_a_mail_but_not_in_an_sms(renderer: Renderer) -> None:
    contact = replace(OFFICER, next_shifts=("ask for Priya", "Tue 14:00-22:30"))
    mail = renderer.render(request(Form.MAIL, event("case.charged"), contact=contact)).text
    short = renderer.render(request(Form.SHORT, event("case.charged"), contact=contact)).text
    assert "On duty: ask for Priya, Tuesday 2pm to 10:30pm" in mail
    assert "(Tuesday 2pm to 10:30pm)" in short
    assert "Priya" not in short


@pytest.mark.parametrize(
    ("force", "name"), [("Example", "Example Police"), ("Example Police", "Example Police")]
)
def test_the_police_are_named_once(renderer: Renderer, force: str, name: str) -> None:
    asked = request(Form.SHORT, event("case.charged"), case=replace(CASE, force=force))
    assert f"This is {name}, about your case" in renderer.render(asked).text


# What single events say


def test_why_reasons_are_withheld_is_never_told(renderer: Renderer) -> None:
    withheld = event("case.no_further_action", {"reasons": "He did it", "reasons_withheld": "an informant"})
    for form in (Form.MAIL, Form.LETTER, Form.SPOKEN):
        words = all_words(renderer.render(request(form, withheld)))
        assert "We cannot give you the reasons" in words
        assert not mentions(words, ("informant", "He did it"))


def test_a_template_learns_only_that_reasons_are_withheld() -> None:
    withheld = event("case.closed", {"reasons_withheld": "an informant"})
    fields = event_fields(withheld, Dates("en", NOW, LONDON), free_text=True, item_limit=None)
    assert fields["reasons_withheld"] is True


@pytest.mark.parametrize("name", BAD_NEWS)
@pytest.mark.parametrize("holds", [True, False])
def test_review_and_meeting_are_offered_where_they_are_due(
    renderer: Renderer, name: str, holds: bool
) -> None:
    asked = request(Form.LETTER, event(name, {"review_right": holds}), offer_meeting=holds)
    text = renderer.render(asked).text
    assert "not enough evidence" in text
    assert ("Right to Review" in text) is holds
    assert ("offer you a meeting" in text) is holds


def test_the_acknowledgement_in_writing_carries_what_is_due_at_first_contact(renderer: Renderer) -> None:
    for form in (Form.MAIL, Form.LETTER):
        text = renderer.render(request(form, event("victim.registered"))).text
        for words in (
            "EX/1234/26", "PC Priya Shah", "What happens next", "Victim Support", "Compensation",
            "Restorative justice", "Victim Personal Statement", "Complaints", "Victims' Code", "5 May",
        ):  # fmt: skip
            assert words in text


def test_hearings_are_written_in_local_time(renderer: Renderer) -> None:
    summer = event("court.hearing_listed", {"starts_at": "2026-10-19T09:30:00Z"})
    winter = event("court.hearing_listed", {"starts_at": "2027-01-11T14:00:00Z"})
    assert "Monday 19 October at 10:30am" in renderer.render(request(Form.SHORT, summer)).text
    assert "Monday 11 January 2027 at 2pm" in renderer.render(request(Form.SHORT, winter)).text


def test_an_event_late_in_the_evening_is_dated_by_its_local_day(renderer: Renderer) -> None:
    late = event("case.suspect_arrested", occurred_at=datetime(2026, 4, 1, 23, 30, tzinfo=UTC))
    assert "arrested on 2 April" in renderer.render(request(Form.SHORT, late)).text


# Nothing has happened


LAST = event("case.suspect_arrested", occurred_at=datetime(2026, 3, 6, 11, tzinfo=LONDON))
WAITING = CourtesyContent(LAST, "forensic results", date(2026, 3, 7), date(2026, 4, 20))


@pytest.mark.parametrize("form", Form)
def test_a_courtesy_update_is_specific(renderer: Renderer, form: Form) -> None:
    text = renderer.render(courtesy(form, WAITING)).text
    for words in ("a suspect was arrested on 6 March", "forensic results", "7 March", "20 April", "5 May"):
        assert words in text
    assert not EMPTY_PHRASE.search(text)


def test_a_courtesy_update_admits_what_is_late(renderer: Renderer) -> None:
    late = replace(WAITING, expected_by=date(2026, 4, 1))
    assert "is late" in renderer.render(courtesy(Form.SHORT, late)).text
    assert "It is late, and we are sorry" in renderer.render(courtesy(Form.MAIL, late)).text


@pytest.mark.parametrize("form", Form)
def test_the_honest_minimum_says_what_was_done_about_it(renderer: Renderer, form: Form) -> None:
    text = renderer.render(courtesy(form, CourtesyContent())).text
    assert "no new step" in text
    assert "We have asked the officer" in text
    assert "5 May" in text
    assert not EMPTY_PHRASE.search(text)


def test_a_long_courtesy_update_keeps_what_is_awaited(renderer: Renderer) -> None:
    long_news = event("case.progress", {"text": "We looked at the film from the camera. " * 8})
    content = CourtesyContent(long_news, "the phone company's records", date(2026, 3, 7), None)
    text = renderer.render(courtesy(Form.SHORT, content)).text
    assert measure(text).segments <= MOST_SEGMENTS
    assert "The last news was on 7 April." in text
    assert "We have been waiting for the phone company's records since 7 March." in text


def test_a_courtesy_pointer_keeps_free_text_out_of_the_sms(renderer: Renderer) -> None:
    content = CourtesyContent(event("case.progress"), "the report on the rape", date(2026, 3, 7), None)
    asked = courtesy(Form.SHORT, content, wording=Wording.POINTER, full_text_by=FullTextBy.LETTER)
    text = renderer.render(asked).text
    assert "The last news was on 7 April." in text
    assert "A letter" in text
    assert not mentions(text, ("rape", "glove"))


# Layout


class _Tags(HTMLParser):
    """The tags that a mail program would see, and their texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = '<script>alert("x")</script> <img src="http://evil.example/x"> {{ 7 * 7 }} {% raw %} & more'


def test_free_text_cannot_become_markup_or_a_template(renderer: Renderer) -> None:
    mail = renderer.render(request(Form.MAIL, event("case.progress", {"text": HOSTILE})))
    assert mail.html is not None
    page = _Tags(mail.html)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "a", "iframe", "link"}
    assert HOSTILE in page.text
    assert HOSTILE in mail.text


def test_names_cannot_become_markup_or_headers(renderer: Renderer) -> None:
    case = replace(CASE, reference='EX\r\nBcc: x@example.org <b>"')
    victim = replace(VICTIM, recipient=PersonName("Ms", "", "<b>Bloggs</b>"))
    mail = renderer.render(request(Form.MAIL, event("case.charged"), case=case, victim=victim))
    assert mail.subject is not None
    assert mail.html is not None
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert "b" not in {tag for tag, _ in _Tags(mail.html).tags}


def test_the_mail_is_readable_by_a_machine_and_fetches_nothing(renderer: Renderer) -> None:
    html = renderer.render(request(Form.MAIL, event("case.suspect_released"))).html
    assert html is not None
    tags = _Tags(html).tags
    assert ("html", {"lang": "en"}) in tags
    assert [tag for tag, _ in tags].count("li") == 2
    assert "http" not in html
    assert "url(" not in html


@pytest.mark.parametrize(
    ("format_", "size", "height"),
    [("standard", "12pt", "1.5"), ("large_print", "18pt", "1.5"), ("easy_read", "16pt", "2")],
)
def test_how_large_a_mail_is(renderer: Renderer, format_: str, size: str, height: str) -> None:
    victim = replace(VICTIM, needs=Needs(format=format_))
    mail = renderer.render(request(Form.MAIL, event("case.charged"), victim=victim))
    assert mail.html is not None
    styles = [attributes.get("style") or "" for _, attributes in _Tags(mail.html).tags]
    sizes = [style for style in styles if "font-size" in style]
    assert len(sizes) == 1, "nothing in it is smaller"
    assert f"font-size: {size}; line-height: {height};" in sizes[0]


@pytest.mark.parametrize("format_", ["standard", "large_print", "easy_read"])
def test_a_letter_knows_its_format(renderer: Renderer, format_: str) -> None:
    victim = replace(VICTIM, needs=Needs(format=format_))
    letter = renderer.render(request(Form.LETTER, event("case.charged"), victim=victim))
    assert letter.format == format_


def test_a_letter_has_all_its_parts(renderer: Renderer) -> None:
    rendered = renderer.render(request(Form.LETTER, event("case.suspect_released")))
    letter = rendered.letter
    assert letter is not None
    assert letter.sender == ("Example Police",)
    assert letter.date == "7 April 2026"
    assert letter.salutation == "Dear Ms Bloggs,"
    assert letter.reference_line == "Reference: EX/1234/26"
    assert letter.closing == "Yours sincerely,"
    assert letter.officer == (
        "PC Priya Shah",
        "Phone: 01632 960001",
        "Email: priya.shah@police.example",
        "On duty: Monday 7am to 3pm",
    )
    assert "- must not contact you\n- must not enter Mill Lane" in rendered.paragraphs


def test_a_discreet_letter_has_no_sender_and_no_reference(renderer: Renderer) -> None:
    letter = renderer.render(request(Form.LETTER, event("case.charged"), wording=Wording.NEUTRAL)).letter
    assert letter is not None
    assert (letter.sender, letter.reference_line) == ((), "")
    assert letter.officer == ("Phone: 01632 960001",)


@pytest.mark.parametrize(
    ("voicemail", "words"),
    [(False, "Leave no voicemail."), (True, 'no more than "please call 01632 960001"')],
)
def test_what_is_spoken_begins_with_how_to_be_safe(renderer: Renderer, voicemail: bool, words: str) -> None:
    victim = replace(VICTIM, needs=Needs(voicemail=voicemail))
    text = renderer.render(request(Form.SPOKEN, event("case.charged"), victim=victim)).text
    assert text.index("sure that it is them") < text.index(words) < text.index("Someone was charged")


def test_lines_of_free_text_stay_apart(renderer: Renderer) -> None:
    letter = renderer.render(
        request(Form.LETTER, event("case.progress", {"text": "One.\r\nTwo.\n\n\nThree"}))
    )
    assert letter.paragraphs[2:5] == ("One.", "Two.", "Three.")


# Easy read

EASY = replace(VICTIM, needs=Needs(format="easy_read"))


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("form", [Form.MAIL, Form.LETTER])
@pytest.mark.parametrize(("name", "changes"), SAMPLES)
def test_easy_read_has_words_of_its_own_one_sentence_a_line(
    renderer: Renderer, name: str, changes: dict[str, Any], form: Form, language: str
) -> None:
    told, needs = event(name, changes), Needs(language=language, format="easy_read")
    easy = renderer.render(request(form, told, victim=replace(VICTIM, needs=needs)))
    usual = renderer.render(request(form, told, victim=replace(VICTIM, needs=Needs(language=language))))
    assert (easy.language, easy.format) == (language, "easy_read")
    assert easy.text != usual.text
    assert "None" not in easy.text
    assert not re.search(r"[a-z][.?!] +[A-Z]", easy.text)


@pytest.mark.parametrize("form", [Form.SHORT, Form.SPOKEN])
def test_easy_read_changes_neither_an_sms_nor_a_call(renderer: Renderer, form: Form) -> None:
    told = event("case.suspect_released")
    easy = renderer.render(request(form, told, victim=EASY))
    assert easy.text == renderer.render(request(form, told)).text


def test_an_easy_courtesy_update_has_its_own_words(renderer: Renderer) -> None:
    text = renderer.render(courtesy(Form.LETTER, WAITING, victim=EASY)).text
    for words in ("6 March", "forensic results", "7 March", "20 April", "5 May"):
        assert words in text
    assert text != renderer.render(courtesy(Form.LETTER, WAITING)).text


def test_the_frame_of_easy_read_says_who_when_and_danger(renderer: Renderer) -> None:
    lines = renderer.render(request(Form.MAIL, event("case.charged"), victim=EASY)).text.splitlines()
    for line in (
        "The case has a reference.", "It is EX/1234/26.", "You will hear from us again by 5 May.",
        "Please contact PC Priya Shah.", "Are you in danger now?", "Call 999.",
    ):  # fmt: skip
        assert line in lines


@pytest.mark.parametrize("form", [Form.MAIL, Form.LETTER])
def test_what_is_discreet_wins_over_easy_read(renderer: Renderer, form: Form) -> None:
    discreet = replace(VICTIM, needs=Needs(format="easy_read", discreet=True))
    asked = request(form, event("case.charged"), victim=discreet, wording=Wording.NEUTRAL)
    usual = request(form, event("case.charged"), victim=DISCREET, wording=Wording.NEUTRAL)
    assert renderer.render(asked).text == renderer.render(usual).text


def test_a_missing_easy_read_is_no_reason_for_the_usual_words(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    (tmp_path / "case.charged" / "en" / "easy.txt").unlink()
    with pytest.raises(RenderingError, match=r"no template case\.charged/en/easy\.txt"):
        Renderer(LONDON, tmp_path).render(request(Form.MAIL, event("case.charged"), victim=EASY))


# What templates may do


def custom(folder: Path, text: str) -> Renderer:
    """A renderer whose ``case.charged`` has only an SMS, with this text."""
    (folder / "case.charged" / "en").mkdir(parents=True)
    (folder / "case.charged" / "en" / "short.txt").write_text(text)
    (folder / "_frame" / "en").mkdir(parents=True)
    (folder / "_frame" / "en" / "words.txt").write_text("{% macro short(news) %}{{ news }}{% endmacro %}")
    return Renderer(LONDON, folder)


@pytest.mark.parametrize(
    "text",
    [
        "{{ event.nothing }}",
        "{{ nothing }}",
        "{{ contact.name }} {{ recipient.__class__.__mro__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ event.update({'offences': ()}) }}",
        "{{ recipient + 1 }}",
        "{{ contact.phone }}",
        "{% set broken %}",
    ],
)
def test_a_template_that_goes_wrong_names_itself_and_nobody_else(tmp_path: Path, text: str) -> None:
    nobody = replace(OFFICER, phone=None)
    asked = request(
        Form.SHORT, event("case.charged"), contact=nobody, case=replace(CASE, unit=None, supervisor=None)
    )
    with pytest.raises(RenderingError, match=r"case\.charged/en/short\.txt") as problem:
        custom(tmp_path, text).render(asked)
    assert not mentions(str(problem.value), NAMES)
    assert problem.value.__suppress_context__


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(RenderingError, match=r"no template case\.suspect_arrested/en/short\.txt"):
        custom(tmp_path, "").render(request(Form.SHORT, event("case.suspect_arrested")))


@pytest.mark.parametrize("field", ["contact_points", "needs", "contract", "name", "case_id", "victim_ids"])
def test_a_template_sees_no_record(tmp_path: Path, field: str) -> None:
    renderer = custom(tmp_path, "")
    folder = tmp_path / "victim.registered" / "en"
    folder.mkdir(parents=True)
    (folder / "short.txt").write_text(f"{{{{ event.{field} }}}}")
    points = [{"id": "p1", "channel": "sms", "address": "+447700900123"}]
    with pytest.raises(RenderingError):
        renderer.render(request(Form.SHORT, event("victim.registered", {"contact_points": points})))


def test_one_renderer_serves_many_threads(renderer: Renderer) -> None:
    asked = [request(form, event(name)) for name in TOLD for form in Form] * 3
    fresh = Renderer(LONDON)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(fresh.render, asked)) == [renderer.render(one) for one in asked]
