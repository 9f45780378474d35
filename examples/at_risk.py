"""The cases in which a wrong word, channel or hour could do harm."""

from __future__ import annotations

from people import BRENNAN, FENWICK, KOWALCZYK, MALIK, MENSAH, PUGH, mobile
from publisher import Day

STRICT_MORNINGS = {
    "windows": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "10:00", "until": "11:30"}],
    "windows_strict": True,
}
STRICT_FRIDAYS = {"windows": [{"days": ["fri"], "from": "18:00", "until": "20:00"}], "windows_strict": True}
LATE_EVENINGS = {"windows": [{"from": "20:00", "until": "24:00"}]}


def add_cases_at_risk(day: Day) -> None:
    """Add the cases c12 to c20."""
    _released_in_the_night(day)
    _released_outside_her_strict_windows(day)
    _hearing_before_her_strict_window(day)
    _silence_in_the_night(day)
    _discreet_bad_news(day)
    _late_on_arrival(day)
    _after_a_fatal_collision(day)
    _blocked_representative(day)
    _reasons_withheld(day)


def _released_in_the_night(day: Day) -> None:
    """Domestic abuse: he is released on bail at 01:35 and she hears of it in the same minute."""
    case = day.case("c12", "domestic_abuse", PUGH, "12 Apr 21:40", suspect_known=True)
    his = {"id": "sms-0", "channel": "sms", "address": mobile(412), "safe": False}
    nadia = case.victim("12 Apr 22:30", "Nadia Benali", "sms email", further_points=(his,), enhanced=True)
    case.party("13 Apr 08:10", "suspect", mobile(512))
    arrest = case.arrested("Mon 19:10")
    case.contact("Mon 20:00", nadia, arrest)
    case.interviewed("Tue 10:40", happened="Tue 09:55")
    case.progress("Tue 15:10", "A specialist officer will stay in touch with you.", "the decision on bail")
    case.released("Wed 01:35", "bail", "must not contact you", "must not enter Harbour Row")
    case.contact("Wed 09:10", nadia, "c12-suspect_released")
    case.progress("Thu 10:05", "The new locks that we arranged are fitted on Friday.", "a home visit")


def _released_outside_her_strict_windows(day: Day) -> None:
    """A safety notice meets strict windows: a person must reach her now, the message may not go."""
    case = day.case("c13", "domestic_abuse", KOWALCZYK, "9 Apr 13:15", suspect_known=True)
    leila = case.victim("9 Apr 13:50", "Leila Haddad", "sms email", contract=STRICT_MORNINGS)
    arrest = case.arrested("Mon 17:30")
    case.contact("Mon 18:05", leila, arrest)
    case.interviewed("Tue 08:15", happened="Mon 21:20")
    release = case.released("Tue 16:20", "no_charge", happened="Tue 16:05")
    case.contact("Tue 16:35", leila, release, outcome="no_answer")
    case.contact("Tue 16:55", leila, release, method="visit")
    case.progress("Wed 14:45", "We have asked for the recording of your call.", "the recording")


def _hearing_before_her_strict_window(day: Day) -> None:
    """Her strict window is Friday, the duty ends on Wednesday: the officer must find another way."""
    case = day.case("c14", "stalking", MALIK, "2 Mar 18:20", suspect_known=True)
    soraya = case.victim("2 Mar 18:45", "Soraya Rahimi", "email sms", contract=STRICT_FRIDAYS)
    charge = case.charged("10 Apr 12:00", "stalking")
    case.contact("10 Apr 18:30", soraya, charge)
    hearing = case.hearing("Tue 10:10", "12 May 10:00", "plea hearing")
    case.contact("Wed 11:00", soraya, hearing)


def _silence_in_the_night(day: Day) -> None:
    """No receipt by SMS: ten minutes later the email goes, ten more and the officer is called out."""
    case = day.case("c15", "stalking", PUGH, "14 Apr 23:05", suspect_known=True)
    catrin = case.victim(
        "14 Apr 23:30",
        "Catrin Ellis-Vaughan",
        "sms:silent email",
        needs={"language": "cy", "voicemail": True},
    )
    case.arrested("Tue 18:50", happened="Tue 18:25")
    release = case.released("Tue 21:50", "bail", "must not contact you", "must stay away from your work")
    case.contact("Tue 22:35", catrin, release)
    case.progress("Wed 13:20", "We have asked for the camera recordings from your street.", "the recordings")


def _discreet_bad_news(day: Day) -> None:
    """Discreet, one email unsafe: told by telephone first, then a neutral mail to the safe address."""
    case = day.case("c16", "sexual_offence", FENWICK, "18 Mar 16:00")
    shared = {"id": "email-0", "channel": "email", "address": "our.house@example.com", "safe": False}
    charlotte = case.victim(
        "18 Mar 17:10",
        "Charlotte Beaumont",
        "sms email",
        further_points=(shared,),
        contract=LATE_EVENINGS,
        needs={"discreet": True},
    )
    case.contact("14 Apr 20:30", charlotte)
    case.interviewed("Tue 09:25", happened="Mon 15:30")
    decision = case.no_further_action(
        "Tue 13:00", reasons="The prosecutor decided that a court would not be sure of what happened."
    )
    case.contact("Tue 14:30", charlotte, decision)
    case.contact("Thu 13:40", charlotte, method="visit")


def _late_on_arrival(day: Day) -> None:
    """The arrest was on Thursday, the duty ended on Friday, the event comes on Tuesday: told and shown."""
    case = day.case("c17", "hate_crime", MALIK, "13 Apr 10:00")
    case.victim("13 Apr 10:20", "Andrzej Nowak", "sms:late email", needs={"format": "easy_read"})
    case.victim("13 Apr 10:35", "Joseph Mbeki", "sms:refuse:21211 email")
    case.arrested("Tue 11:00", happened="16 Apr 22:10")
    case.released("Tue 11:45", "under_investigation", happened="17 Apr 15:30")
    case.charged("Wed 15:30", "public order")
    case.hearing("Thu 09:20", "6 May 10:00", "first hearing")


def _after_a_fatal_collision(day: Day) -> None:
    """A death on the road: enhanced rights by the offence, a hearing that moves within minutes."""
    case = day.case("c18", "road_collision", MENSAH, "24 Mar 07:30", fatal=True)
    shanthi = case.victim("24 Mar 12:00", "Shanthi Fernando", "email letter", needs={"format": "large_print"})
    segun = case.victim("24 Mar 12:10", "Oluwaseun Bakare", "email:defer sms", contract={"every_days": 14})
    case.interviewed("9 Apr 11:00")
    case.contact("9 Apr 15:00", shanthi, "c18-suspect_interviewed", method="visit")
    case.contact("9 Apr 15:45", segun, "c18-suspect_interviewed")
    case.charged("Tue 10:15", "careless driving")
    case.hearing("Tue 15:00", "Wed 15:30", "first hearing", victim_ids=[segun])
    case.hearing("Tue 15:05", "29 Apr 09:45", "first hearing", changed=True)
    case.contact("Wed 11:45", shanthi, "c18-charged", "c18-hearing_changed", method="visit")


def _blocked_representative(day: Day) -> None:
    """Her representative's number belongs to a witness: nothing goes to her instead, a person checks."""
    case = day.case("c19", "trafficking", MALIK, "2 Apr 08:30")
    helper = {
        "name": {"title": "Mr", "given": "Besnik", "family": "Hoxha"},
        "contact_points": [{"id": "rep-1", "channel": "sms", "address": mobile(419)}],
    }
    fatou = case.victim(
        "2 Apr 11:15", "Fatou Diallo", "sms", needs={"discreet": True, "representative": helper}
    )
    case.contact("13 Apr 11:00", fatou, method="visit")
    case.party("Tue 09:05", "witness", "+44 7700 900419")
    case.arrested("Tue 12:50", happened="Tue 11:30")
    case.contact("Tue 17:30", fatou, "c19-suspect_arrested", method="visit")
    case.interviewed("Wed 10:25", happened="Tue 18:40")


def _reasons_withheld(day: Day) -> None:
    """A parent is told for a child: a meeting is offered, reasons cannot be given, the letter is safe."""
    case = day.case("c20", "child_abuse", KOWALCZYK, "23 Feb 15:20", suspect_known=True)
    mother = {
        "name": {"title": "Mrs", "given": "Soo-ah", "family": "Park"},
        "contact_points": [
            {"id": "rep-1", "channel": "sms", "address": mobile(420)},
            {
                "id": "rep-2",
                "channel": "letter",
                "address": {"lines": ["14 Larkpit Close", "Northmoor", "HR97 4NS"]},
                "safe": True,
            },
        ],
    }
    child = case.victim("23 Feb 16:00", "Hye-jin Park", "letter sms", needs={"representative": mother})
    case.contact("15 Apr 10:00", child, method="visit")
    decision = case.no_further_action("Tue 14:50", reasons_withheld="to protect another person")
    case.contact("Wed 10:00", child, decision, method="visit")
    other = case.assigned("Wed 12:15", BRENNAN)
    case.contact("Wed 14:10", child, other)
