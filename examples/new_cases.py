"""The cases that are reported on the day itself, or just before it, and grow through it."""

from __future__ import annotations

from people import BRENNAN, FENWICK, HARGREAVES, KOWALCZYK, MENSAH, PUGH, SHAH
from publisher import Day

AFTERNOON = {"windows": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "15:00", "until": "17:30"}]}
EVENING = {"windows": [{"from": "18:30", "until": "20:00"}]}


def add_new_cases(day: Day) -> None:
    """Add the cases c29 to c36."""
    _backlog_of_a_night(day)
    _before_its_case(day)
    _registered_late(day)
    _four_contracts(day)
    _unknown_outcome(day)
    _hate_crime_in_welsh(day)
    _evening_and_every_day(day)
    _from_report_to_court(day)


def _backlog_of_a_night(day: Day) -> None:
    """What a night brought is one message in the morning, on Tuesday and again on Wednesday."""
    case = day.case("c29", "burglary", SHAH, "Tue 06:32", happened="Mon 22:50")
    case.victim("Tue 06:35", "Łukasz Zieliński", "sms email", happened="Mon 23:20")
    case.victim("Tue 06:37", "Magda Zielińska", "email sms", happened="Mon 23:25")
    case.victim("Tue 06:39", "Irena Zielińska", "sms:late email", happened="Mon 23:30", contract=AFTERNOON)
    case.arrested("Tue 06:50", happened="Tue 04:35")
    case.progress("Tue 07:30", "The window was photographed and you may have it mended.", "fingerprints")
    case.progress("Tue 12:00", "We have asked your neighbours what they heard.", "their answers")
    case.interviewed("Tue 20:20", happened="Tue 19:40")
    case.released("Tue 22:10", "under_investigation")
    case.assigned("Wed 06:40", HARGREAVES)
    case.progress("Wed 15:20", "We found your camera. Please come and look at it.", "your visit")


def _before_its_case(day: Day) -> None:
    """The arrest arrives first, an update, then the victim and only then the case: all is told, once."""
    case = day.case("c30", "violence", FENWICK, "Tue 08:45", happened="Tue 05:30")
    case.arrested("Tue 08:05", happened="Tue 06:10")
    jerome = case.victim("Tue 08:30", "Jerome Baptiste", "email:bounce sms")
    case.updated("Tue 08:15", jerome, needs={"voicemail": True})
    case.interviewed("Tue 13:50", happened="Tue 13:05")
    case.released("Tue 19:15", "bail", "must not contact you")
    case.contact("Tue 19:50", jerome, "c30-suspect_released")
    case.charged("Thu 10:50", "wounding")


def _registered_late(day: Day) -> None:
    """A second victim is registered on Wednesday: greeted, and told what is still within its limit."""
    case = day.case("c31", "robbery", MENSAH, "Tue 07:15", happened="Mon 21:45")
    dimitri = case.victim("Tue 07:20", "Dimitri Ivanov", "sms email", happened="Mon 22:05")
    case.arrested("Tue 10:55", happened="Tue 10:25")
    case.interviewed("Tue 16:25", happened="Tue 15:35")
    case.charged("Tue 18:05", "robbery")
    bronwen = case.victim("Wed 10:35", "Bronwen Tudur", "email sms")
    case.hearing("Wed 12:40", "30 Apr 09:30", "first hearing")
    case.contact("Thu 12:05", dimitri)
    case.contact("Thu 12:20", bronwen, "c31-hearing_listed", outcome="left_message")


def _four_contracts(day: Day) -> None:
    """The same news under four contracts, while the case goes from officer to officer."""
    case = day.case("c32", "burglary", BRENNAN, "Tue 07:25")
    case.victim("Tue 07:28", "Inês Carvalho", "email:defer sms")
    case.victim("Tue 07:31", "Paulo Carvalho", "sms email", contract=EVENING)
    case.victim("Tue 07:34", "Marta Carvalho", "sms", contract={"wants": "key_events"})
    case.victim("Tue 07:37", "Olwen Gethin", "letter sms", needs={"format": "large_print", "language": "cy"})
    case.assigned("Tue 09:15", SHAH)
    case.progress("Tue 10:30", "We have looked at your door and taken prints.", "the prints", "2026-05-12")
    case.arrested("Tue 13:15", happened="Tue 12:55")
    case.assigned("Tue 14:40", HARGREAVES)
    case.interviewed("Tue 16:50", happened="Tue 16:15")
    case.charged("Wed 14:20", "burglary")
    case.hearing("Wed 16:00", "7 May 10:00", "first hearing")
    case.hearing("Thu 11:00", "8 May 14:00", "first hearing", changed=True)


def _unknown_outcome(day: Day) -> None:
    """The provider took a message and dropped the line: nobody sends twice; a bounce contradicts later."""
    case = day.case("c33", "theft", SHAH, "Tue 08:55")
    tobias = case.victim("Tue 08:58", "Tobias Wrenfield", "sms:accept_then_drop email")
    case.victim("Tue 09:02", "Moses Kiprop", "email:bounce sms")
    case.progress("Tue 11:55", "The till camera shows a person whom we know.", "an arrest")
    case.interviewed("Tue 15:55", happened="Tue 15:15")
    case.contact("Wed 16:10", tobias)
    case.closed("Thu 14:00", "The shop does not want a court and has its goods back.")


def _hate_crime_in_welsh(day: Day) -> None:
    """Enhanced rights make every limit one working day; her representative is her daughter."""
    case = day.case("c34", "hate_crime", KOWALCZYK, "Tue 10:20", happened="Mon 19:00")
    daughter = {
        "name": {"title": "Ms", "given": "Eleri", "family": "Rahman"},
        "contact_points": [
            {"id": "rep-1", "channel": "sms", "address": "+44 7700 900434"},
            {"id": "rep-2", "channel": "email", "address": "eleri.rahman@example.com"},
        ],
    }
    halima = case.victim(
        "Tue 10:25", "Halima Rahman", "sms email", needs={"language": "cy", "representative": daughter}
    )
    case.arrested("Tue 14:05", happened="Tue 13:35")
    case.released("Tue 20:45", "bail", "must not contact you", "must not enter Quillmaker Street")
    case.contact("Wed 08:30", halima, "c34-suspect_released")
    case.progress("Wed 12:55", "Mae plismon yn galw heibio bob dydd yr wythnos hon.", "datganiad tyst")


def _evening_and_every_day(day: Day) -> None:
    """She asked for a word every day between 18:30 and 20:00; on Wednesday the service gives it."""
    case = day.case("c35", "stalking", PUGH, "11 Apr 20:05", suspect_known=True)
    alice = case.victim(
        "11 Apr 20:30", "Alice Nakamura", "email sms", contract={**EVENING, "every_days": 1}, enhanced=True
    )
    news = case.progress("Mon 18:20", "We have asked who owns the car you saw.", "the owner's name")
    case.contact("Mon 18:40", alice, news)
    case.interviewed("Tue 14:30", happened="Tue 13:40")
    case.assigned("Thu 13:15", KOWALCZYK)


def _from_report_to_court(day: Day) -> None:
    """One whole case in a day and a half: reported, arrested, interviewed, charged, in court."""
    case = day.case("c36", "other", BRENNAN, "Tue 07:50")
    aleksandra = case.victim("Tue 07:55", "Aleksandra Petrova", "sms email")
    case.victim("Tue 08:00", "Kofi Asante-Reid", "email sms", enhanced=True)
    case.arrested("Tue 09:40", happened="Tue 09:05")
    case.interviewed("Tue 12:30", happened="Tue 11:50")
    case.progress(
        "Tue 15:35", "PC Brennan has found a witness, who will write down what she saw.", "her statement"
    )
    case.charged("Tue 18:40", "threatening behaviour")
    case.hearing("Tue 19:05", "Thu 10:00", "first hearing")
    case.contact("Wed 15:50", aleksandra, "c36-hearing_listed")
    case.hearing("Thu 12:45", "21 May 10:30", "trial", number=2)
    case.progress("Thu 17:55", "The judge has asked both sides to name their witnesses.", "their lists")
