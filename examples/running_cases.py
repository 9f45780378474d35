"""The cases that were open before the sample day: courtesy updates, decisions and the courts."""

from __future__ import annotations

from people import BRENNAN, FENWICK, HARGREAVES, KOWALCZYK, MALIK, MENSAH, SHAH
from publisher import Day

EVENING = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "18:00", "until": "20:00"}]
SATURDAY = [{"days": ["sat"], "from": "09:00", "until": "13:00"}]


def add_running_cases(day: Day) -> None:
    """Add the eleven cases with a history since February or March, and what follows in them."""
    _welsh_courtesy(day)
    _reached_in_time(day)
    _letters_only(day)
    _discreet_courtesy(day)
    _murder_trial(day)
    _bail_ends_in_bad_news(day)
    _told_too_late(day)
    _never_told(day)
    _released_at_night(day)
    _hearing_moved(day)
    _wants_none(day)


def _welsh_courtesy(day: Day) -> None:
    """Four weeks of silence end on Tuesday at 14:05; the update is in Welsh."""
    case = day.case("c01", "burglary", SHAH, "2 Mar 09:40")
    sian = case.victim("2 Mar 09:55", "Siân Prydderch", "sms email", needs={"language": "cy"})
    news = case.progress(
        "10 Mar 11:20",
        "Rydym wedi anfon y faneg o'ch cegin i gael profion fforensig.",
        waiting_for="canlyniadau'r profion fforensig",
        expected_by="2026-05-08",
    )
    case.contact("24 Mar 14:05", sian, news)
    case.assigned("Wed 09:05", BRENNAN)
    case.progress("Thu 09:35", "Mae'r labordy wedi dechrau profi'r faneg.", "canlyniadau'r profion fforensig")


def _reached_in_time(day: Day) -> None:
    """Both owners of a stolen van are due an update; the officer calls one of them first."""
    case = day.case("c02", "vehicle", HARGREAVES, "9 Mar 08:15", suspect_known=False)
    chidi = case.victim("9 Mar 08:25", "Chidi Okonkwo", "sms email")
    asa = case.victim("9 Mar 08:40", "Åsa Lindqvist", "email")
    news = case.progress(
        "16 Mar 15:30",
        "We have asked the car park for its camera recordings.",
        waiting_for="the camera recordings",
        expected_by="2026-04-30",
    )
    case.contact("25 Mar 10:30", chidi, news)
    case.contact("26 Mar 11:15", asa, news)
    case.contact("Wed 09:40", chidi)
    case.progress("Thu 14:10", "The car park has sent us its recordings and we are watching them now.")


def _letters_only(day: Day) -> None:
    """Letters only, in large print: her officer is reminded on Tuesday at 08:00; his on Wednesday."""
    case = day.case("c03", "fraud", HARGREAVES, "16 Mar 10:10")
    dorothy = case.victim(
        "16 Mar 10:30",
        "Dorothy Featherstone",
        "letter",
        needs={"format": "large_print"},
    )
    harish = case.victim("16 Mar 10:45", "Harish Desai", "email sms")
    news = case.progress(
        "24 Mar 09:50",
        "We have asked the bank which accounts your money was moved to.",
        waiting_for="the bank's answer",
        expected_by="2026-05-15",
    )
    case.contact("31 Mar 14:00", dorothy, news, method="visit")
    case.contact("1 Apr 10:30", harish, news)
    case.progress(
        "Tue 11:05",
        "The bank has answered your letter and will write to you too.",
        waiting_for="the second bank's answer",
        victim_ids=[dorothy],
    )
    case.contact("Thu 10:20", harish, "c03-progress-2")


def _discreet_courtesy(day: Day) -> None:
    """Discreet: every text is neutral. She asked to hear every second day; no letter is ever sent."""
    case = day.case("c04", "stalking", KOWALCZYK, "23 Mar 13:00", suspect_known=True)
    tereza = case.victim(
        "23 Mar 13:10",
        "Tereza Novák",
        "sms letter email",
        contract={"every_days": 2},
        needs={"discreet": True},
    )
    news = case.progress(
        "8 Apr 16:20",
        "We have asked the telephone company for its records.",
        waiting_for="the telephone records",
        expected_by="2026-05-05",
    )
    case.contact("Mon 12:00", tereza, news)
    case.progress("Thu 12:30", "The telephone company has sent the first records.", "the other records")


def _murder_trial(day: Day) -> None:
    """After a death: a charge, hearings at short notice, a representative, and key events only."""
    case = day.case("c05", "homicide", MENSAH, "3 Mar 06:50", fatal=True)
    sister = {
        "name": {"title": "Ms", "given": "Abigail", "family": "Owusu"},
        "contact_points": [
            {"id": "rep-1", "channel": "sms", "address": "07700 900 401"},
            {"id": "rep-2", "channel": "email", "address": "abigail.owusu@example.org"},
        ],
    }
    blessing = case.victim("3 Mar 09:00", "Blessing Abara", "sms email", needs={"representative": sister})
    samuel = case.victim(
        "3 Mar 09:20", "Samuel Abara", "sms email", contract={"wants": "key_events", "windows": SATURDAY}
    )
    arrest = case.arrested("13 Apr 05:30")
    case.contact("13 Apr 08:30", blessing, arrest, method="visit")
    case.contact("13 Apr 09:30", samuel, arrest)
    case.charged("Tue 11:20", "murder", happened="Tue 10:50")
    case.progress("Tue 13:45", "The family room at the court is ready for you.")
    case.hearing("Tue 16:45", "Wed 14:00", "first hearing")
    case.hearing("Wed 11:35", "Thu 11:30", "first hearing", changed=True)
    case.contact("Wed 12:10", samuel, "c05-hearing_changed")
    case.contact("Thu 15:30", blessing, method="visit")


def _bail_ends_in_bad_news(day: Day) -> None:
    """Bail ends with the decision: a person tells her at once, then the email follows."""
    case = day.case("c06", "domestic_abuse", KOWALCZYK, "30 Mar 23:50", suspect_known=True)
    zoe = case.victim("31 Mar 00:40", "Zoë Hartley-Quinn", "sms email")
    case.arrested("31 Mar 04:15")
    bail = case.released("1 Apr 18:20", "bail", "must not contact you", "must not enter Old Ropewalk")
    case.contact("1 Apr 18:30", zoe, bail)
    case.contact("14 Apr 16:10", zoe)
    decision = case.no_further_action(
        "Tue 15:30", reasons="The prosecutor decided that there is not enough evidence for a court."
    )
    case.contact("Tue 15:38", zoe, decision, outcome="no_answer")
    case.contact("Tue 15:52", zoe, decision)
    case.contact("Wed 10:15", zoe, method="visit")


def _told_too_late(day: Day) -> None:
    """Bad news that a person must tell: one victim hears in time, the other only on Thursday."""
    case = day.case("c07", "hate_crime", MALIK, "14 Apr 12:20")
    amara = case.victim("14 Apr 12:40", "Amara Nwosu", "sms email")
    yusuf = case.victim("14 Apr 13:00", "Yusuf Demir", "sms")
    arrest = case.arrested("15 Apr 09:10")
    free = case.released("15 Apr 20:30", "under_investigation")
    case.contact("16 Apr 09:15", amara, arrest, free)
    case.contact("16 Apr 09:40", yusuf, arrest, free)
    decision = case.no_further_action(
        "Tue 06:55", reasons="Nobody could be identified from the recording.", happened="Mon 17:40"
    )
    case.contact("Tue 10:30", yusuf, decision, method="visit")
    case.contact("Wed 15:05", amara, decision, outcome="no_answer")
    case.contact("Thu 16:20", amara, decision, method="visit")


def _never_told(day: Day) -> None:
    """Bad news that nobody tells: officer on Tuesday, supervisor on Wednesday, unit on Thursday at noon."""
    case = day.case("c08", "domestic_abuse", MALIK, "27 Mar 20:10", suspect_known=True)
    kasia = case.victim("27 Mar 20:45", "Katarzyna Wójcik", "sms email letter", safe="letter")
    news = case.progress("9 Apr 10:00", "We have spoken with two of your neighbours.", "a third statement")
    case.contact("10 Apr 15:00", kasia, news)
    decision = case.closed(
        "Tue 07:02", "There is no line of enquiry left that we could follow.", happened="Mon 18:15"
    )
    case.contact("Wed 16:40", kasia, decision, outcome="left_message")


def _released_at_night(day: Day) -> None:
    """Violence: arrested at noon, released on bail at 23:40; both hear within minutes, one in Welsh."""
    case = day.case("c09", "violence", FENWICK, "7 Apr 02:30")
    rhodri = case.victim("7 Apr 03:10", "Rhodri Llywelyn", "sms email", needs={"language": "cy"})
    case.victim("7 Apr 10:30", "Femi Adebayo", "sms:late email", contract={"windows": EVENING})
    news = case.progress("14 Apr 12:00", "We know whom we are looking for.", "an arrest")
    case.contact("15 Apr 11:00", rhodri, news)
    case.arrested("Tue 13:10", happened="Tue 12:35")
    case.interviewed("Tue 17:25", happened="Tue 16:50")
    case.released("Tue 23:40", "bail", "must not contact you", "must not enter Beacon Terrace")
    case.contact("Wed 09:20", rhodri, "c09-suspect_released")
    case.progress(
        "Wed 15:45", "A doctor's report on your injuries has reached us.", "the prosecutor's advice"
    )


def _hearing_moved(day: Day) -> None:
    """A hearing is moved: who was not told of the first date hears only of the second, and no old one."""
    case = day.case("c10", "robbery", MENSAH, "11 Mar 21:15")
    mei = case.victim("11 Mar 22:00", "Mei-Ling Cho", "sms email", contract={"windows": EVENING})
    jakub = case.victim("12 Mar 09:30", "Jakub Černý", "sms:twice email")
    charge = case.charged("14 Apr 15:00", "robbery")
    case.contact("14 Apr 16:00", mei, charge)
    case.contact("14 Apr 16:20", jakub, charge)
    case.hearing("Tue 09:30", "28 Apr 10:00", "plea hearing")
    case.hearing("Tue 10:35", "30 Apr 14:00", "plea hearing", changed=True)
    case.hearing("Tue 12:10", "29 Apr 10:30", "plea hearing", changed=True, happened="Tue 09:40")
    case.hearing("Wed 20:25", "Thu 14:30", "bail hearing", number=2)
    case.contact("Thu 09:10", jakub, "c10-hearing_listed-2")


def _wants_none(day: Day) -> None:
    """One victim wants to hear nothing more (a person decides), the other key events only."""
    case = day.case("c11", "antisocial_behaviour", BRENNAN, "13 Apr 17:30")
    case.victim("13 Apr 17:45", "Derek Thistlethwaite", "sms email", contract={"wants": "none"})
    parveen = case.victim("13 Apr 18:10", "Parveen Akhtar", "sms email", contract={"wants": "key_events"})
    case.progress("Tue 14:20", "We have visited three houses in your street.")
    case.interviewed("Wed 16:05", happened="Wed 14:30")
    case.closed("Thu 11:40", "The young people have agreed to repair what was broken.")
    case.contact("Thu 16:05", parveen, "c11-closed")
