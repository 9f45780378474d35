"""What must hold for all news: told once, by the right one, while it stands, in the right order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.properties.clock import instant, next_opening
from tests.properties.duties import enhanced, moment_passed, subject
from tests.properties.run import Complaints, Line, Run, named

_POINTS_TO_THE_FULL_TEXT = ("full message", "neges lawn")
_GAP = timedelta(minutes=30)


def a_person_tells_bad_news_first(run: Run) -> Complaints:
    """With enhanced rights nothing is written before a person spoke with her about it (section 3)."""
    for message in run.messages:
        known = run.known_to(message)
        for event in run.told_by(message):
            bad = run.tone(event, message) == "bad_news"
            if not bad or not enhanced(known, event.case_id, message["person_id"]):
                continue
            if not known.talks(message["person_id"], event):
                yield f"{named(message)} tells bad news before a person did"


def nothing_retracted_is_told(run: Run) -> Complaints:
    """Taken back by its own source, an event is not told; told before, a person corrects it (section 4)."""
    for message in run.messages:
        for event_id in set(message["event_ids"]) & run.known_to(message).retracted:
            yield f"{named(message)} tells {event_id}, which had been retracted"
    whole = run.known(run.until - timedelta(seconds=1))
    for message in run.messages:
        known = run.known_to(message)
        if not known.case(message["case_id"]) or not known.registered(
            message["case_id"], message["person_id"]
        ):
            yield f"{named(message)} rests on an opening or a registration that had been retracted"
    for message in run.messages:
        for event in run.told_by(message):
            told = (run.outcome_of(message) or {"what": "sent"})["what"] in ("sent", "delivered")
            corrected = any(line.get("kind") == "correction" for line in run.lines_of_staff_about(event))
            if event.id in whole.retracted and told and not corrected:
                yield f"{named(message)} told {event.id}, which was retracted later, and nobody corrects it"


def no_news_is_told_twice(run: Run) -> Complaints:
    """Again only after the first failed, or as the full text of what an SMS pointed to (sections 3, 4)."""
    for place, message in enumerate(run.messages):
        for earlier in run.messages[:place]:
            shared = set(message["event_ids"]) & set(earlier["event_ids"])
            hers = earlier["person_id"] == message["person_id"]
            if shared and hers and not _may_follow(run, earlier, message):
                yield f"{named(message)} repeats {named(earlier)}"


def _may_follow(run: Run, earlier: Line, message: Line) -> bool:
    if run.ended_badly(earlier, message):
        return True
    pointed = any(words in earlier["text"] for words in _POINTS_TO_THE_FULL_TEXT)
    if earlier["channel"] == "sms" and message["channel"] != "sms" and pointed:
        return True
    events = run.told_by(message)
    safety = all(run.tone(e, message) == "safety" for e in events)
    return safety and run.provider_says(earlier) == "unknown"


def what_a_person_told_is_not_repeated(run: Run) -> Complaints:
    """A routine or safety notice is cancelled once a person told it (section 1)."""
    for message in run.messages:
        known = run.known_to(message)
        for event in run.told_by(message):
            written = run.tone(event, message) != "bad_news"
            if written and known.talks(message["person_id"], event):
                yield f"{named(message)} tells {event.id}, which a person had told her"


def an_older_word_never_follows_a_newer(run: Run) -> Complaints:
    """Of one hearing or one bail nothing older is told after what is newer (section 4)."""
    for place, message in enumerate(run.messages):
        for earlier in run.messages[:place]:
            if earlier["person_id"] != message["person_id"] or run.ended_badly(earlier, message):
                continue
            for older in run.told_by(message):
                for newer in run.told_by(earlier):
                    about = subject(older)
                    live = newer.id not in run.known_to(message).retracted
                    if live and about and about == subject(newer) and older.order < newer.order:
                        yield f"{named(message)} tells {older.id} after the newer {newer.id}"


def only_routine_news_is_joined(run: Run) -> Complaints:
    """Safety and bad news go alone; the oldest comes first, with the earliest deadline (section 4)."""
    for message in run.messages:
        events = run.told_by(message)
        tones = {run.tone(event, message) for event in events}
        if len(events) > 1 and tones != {"routine"}:
            yield f"{named(message)} joins {sorted(tones)}"
        if [e.order for e in events] != sorted(e.order for e in events):
            yield f"{named(message)} does not begin with the oldest event"
        due = min((run.deadline(event, message) for event in events), default=None)
        printed = instant(message["deadline"]) if "deadline" in message else None
        if due != printed:
            yield f"{named(message)} is due by {due}, and its line says {printed}"


def a_backlog_is_one_message(run: Run) -> Complaints:
    """Routine news waits half an hour after her last message, unless a deadline is nearer (section 2)."""
    for place, message in enumerate(run.messages):
        at, seen = instant(message["at"]), run.messages[:place]
        hers = [m for m in seen if m["person_id"] == message["person_id"]]
        events, windows = run.told_by(message), run.contract(message).get("windows") or []
        first = not any(set(m["event_ids"]) & set(message["event_ids"]) for m in run.tries_before(message))
        routine = all(run.tone(e, message) == "routine" for e in events)
        if not hers or not events or not first or not routine:
            continue
        later = next_opening(instant(hers[-1]["at"]) + _GAP, windows)
        near = any(moment_passed(e) or later > run.deadline(e, message) for e in events)
        if at < instant(hers[-1]["at"]) + _GAP and not near:
            yield f"{named(message)} follows {named(hers[-1])} within half an hour"


def a_courtesy_update_names_only_what_she_knows(run: Run) -> Complaints:
    """It quotes what is awaited only from news that she was told and that still stands (section 5)."""
    for message in run.messages:
        known = run.known_to(message)
        if message["event_ids"]:
            continue
        for event in known.events:
            quoted = event.data.get("waiting_for")
            if not quoted or quoted not in message["text"]:
                continue
            sent = any(run.is_before(m, message) for m in run.messages_about(event, message["person_id"]))
            if event.id in known.retracted or not (sent or known.talks(message["person_id"], event)):
                yield f"{named(message)} quotes {event.id}, which she was not told"


NEWS_CHECKS: tuple[Callable[[Run], Complaints], ...] = (
    a_person_tells_bad_news_first,
    nothing_retracted_is_told,
    no_news_is_told_twice,
    what_a_person_told_is_not_repeated,
    an_older_word_never_follows_a_newer,
    only_routine_news_is_joined,
    a_backlog_is_one_message,
    a_courtesy_update_names_only_what_she_knows,
)
