"""The cases whose story is an address: wrong, silent, shared, out of date, or of paper."""

from __future__ import annotations

from people import BRENNAN, FENWICK, HARGREAVES, MENSAH, SHAH, mobile
from publisher import Day, number_of

EVENING = {"windows": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "18:00", "until": "20:00"}]}
LUNCH = {"windows": [{"from": "12:00", "until": "14:00"}]}


def add_hard_to_reach(day: Day) -> None:
    """Add the cases c21 to c28."""
    _wrong_numbers(day)
    _silent_number(day)
    _every_channel_fails(day)
    _number_of_the_suspect(day)
    _on_paper_or_every_day(day)
    _call_or_write(day)
    _dated_addresses(day)
    _unusable_addresses(day)


def _wrong_numbers(day: Day) -> None:
    """The network reports unknown numbers after it took the messages: the emails follow at once."""
    case = day.case("c21", "robbery", MENSAH, "17 Apr 20:15")
    case.victim("17 Apr 21:00", "Björn Halvorsen", "sms:undelivered:30005 email")
    case.victim("17 Apr 21:20", "Niamh O'Rourke", "sms:undelivered:30005 email:defer", contract=LUNCH)
    case.arrested("Tue 08:35", happened="Tue 07:50")
    case.interviewed("Tue 12:20", happened="Tue 11:40")
    case.charged("Tue 17:05", "robbery")
    case.hearing("Wed 09:30", "24 Apr 10:00", "first hearing")
    case.progress("Thu 11:10", "Your bag was found and you can have it back.", "your visit to the station")


def _silent_number(day: Day) -> None:
    """No receipt for four hours, then the email; her neighbour's receipts come twice and count once."""
    case = day.case("c22", "theft", SHAH, "15 Apr 12:40")
    case.victim("15 Apr 13:00", "Callum Ferguson", "sms:silent email")
    case.victim("15 Apr 13:10", "Thi Mai Tran", "sms:twice email")
    case.progress("Tue 09:00", "We have asked the shop for its camera recordings.", "the recordings")
    case.interviewed("Tue 15:45", happened="Tue 14:50")
    case.progress("Wed 11:20", "The shop has given us its recordings.", "a second witness")


def _every_channel_fails(day: Day) -> None:
    """Number and mailbox do not exist: an escalation climbs until the new address comes on Wednesday."""
    case = day.case("c23", "theft", HARGREAVES, "Tue 07:40", happened="Mon 22:30")
    gareth = case.victim("Tue 07:45", "Gareth Pritchard", "sms:refuse:21211 email:refuse:5.1.1")
    case.arrested("Tue 11:30", happened="Tue 10:20")
    case.contact("Tue 16:10", gareth, outcome="no_answer")
    new = {"id": "email-1", "channel": "email", "address": "g.pritchard@example.org"}
    case.updated("Wed 13:05", gareth, contact_points=[new])
    case.progress("Wed 15:00", "Your bicycle is kept at the station.", "the owner of a second bicycle")


def _number_of_the_suspect(day: Day) -> None:
    """Her number is on file for the suspect: the email is used, a person checks. His own is no danger."""
    case = day.case("c24", "violence", FENWICK, "16 Apr 01:10")
    case.victim("16 Apr 02:00", "Sofia Papadopoulou", "sms email")
    ravi = case.victim("16 Apr 02:20", "Ravi Subramanian", "sms:undelivered:30003 email")
    case.party("Tue 08:20", "suspect", number_of("Sofia Papadopoulou"), mobile(524))
    case.party("Tue 08:25", "suspect", number_of("Ravi Subramanian"), victim_id=ravi)
    case.arrested("Tue 09:35", happened="Tue 09:10")
    case.released("Tue 18:30", "bail", "must not contact you", "must not enter Tannery Lane")
    case.contact("Wed 10:50", ravi, "c24-suspect_released")
    case.charged("Thu 15:10", "assault")


def _on_paper_or_every_day(day: Day) -> None:
    """One wants letters only, one a word every day; that one's provider is throttled first."""
    case = day.case("c25", "criminal_damage", SHAH, "9 Apr 17:25")
    ernest = case.victim("9 Apr 17:40", "Ernest Whitcombe", "letter")
    gurpreet = case.victim("9 Apr 17:50", "Gurpreet Sandhu", "sms:throttle email", contract={"every_days": 1})
    news = case.progress("Mon 11:15", "We have found paint of the same colour.", "the paint test")
    case.contact("Mon 11:40", gurpreet, news)
    case.contact("Mon 15:20", ernest, news)
    case.interviewed("Tue 13:25", happened="Tue 12:45", victim_ids=[ernest])
    case.progress("Thu 16:30", "The paint is the same. We will decide this week.", "the decision")


def _call_or_write(day: Day) -> None:
    """One is only called, at her landline; one mailbox is gone and the letter follows, one is busy."""
    case = day.case("c26", "fraud", HARGREAVES, "13 Apr 14:05")
    rosalind = case.victim("13 Apr 14:20", "Rosalind Achterberg", "call", needs={"voicemail": True})
    case.victim("13 Apr 14:35", "Margaret Illingworth", "email:refuse:5.1.1 letter")
    case.victim("13 Apr 14:50", "Viktor Petrenko", "email:defer sms:undelivered:30003", contract=EVENING)
    case.arrested("Tue 10:05", happened="Tue 08:40")
    case.contact("Tue 10:45", rosalind, "c26-suspect_arrested")
    case.progress(
        "Tue 16:00", "The stolen savings were moved abroad, so we asked another country.", "an answer"
    )
    case.contact("Wed 09:50", rosalind, "c26-progress", outcome="left_message")
    case.contact("Thu 09:45", rosalind, "c26-progress")


def _dated_addresses(day: Day) -> None:
    """Addresses with a first or last day; a mailbox that is full; a Welsh speaker."""
    case = day.case("c27", "vehicle", BRENNAN, "14 Apr 19:00")
    points = (
        {"id": "sms-2", "channel": "sms", "address": mobile(451), "valid_until": "2026-04-21"},
        {"id": "sms-3", "channel": "sms", "address": mobile(452), "valid_from": "2026-04-22"},
    )
    case.victim(
        "14 Apr 19:20",
        "Henrik Sørensen",
        "email:full",
        further_points=points,
        contract={"channels": ["sms", "email"]},
    )
    case.victim("14 Apr 19:30", "Emyr Bowen", "email:full sms", needs={"language": "cy"})
    case.progress("Tue 08:50", "Your car was seen on a camera near the port.", "the camera's picture")
    case.progress("Wed 09:00", "The picture shows who drove your car.", "an arrest")
    case.arrested("Wed 17:40", happened="Wed 16:50")


def _unusable_addresses(day: Day) -> None:
    """An incomplete number, and a letter to nowhere: the next channel is used, or a person looks."""
    case = day.case("c28", "antisocial_behaviour", SHAH, "Tue 09:50")
    incomplete = {"id": "sms-1", "channel": "sms", "address": "07700 9001"}
    nowhere = {
        "id": "letter-1",
        "channel": "letter",
        "address": {"lines": ["No fixed abode", "Northmoor", "HR97 2BW"]},
    }
    case.victim(
        "Tue 09:55",
        "Kwame Boateng",
        "email",
        further_points=(incomplete,),
        contract={"channels": ["sms", "email"]},
    )
    case.victim("Tue 10:00", "Delyth Rowlands", "sms:throttle", further_points=(nowhere,))
    case.victim(
        "Tue 10:05", "Ifeoma Chukwu", "", further_points=(nowhere,), contract={"channels": ["letter"]}
    )
    case.interviewed("Tue 14:15", happened="Tue 13:30")
    case.updated("Tue 15:20", "c28-v1", contact_points=[{"id": "sms-1", "address": mobile(453)}])
    case.progress("Wed 16:20", "Two young people have said sorry and will clean the walls.", "their letter")
