"""Gathers all that a decision about one notice rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from notifier.records import AttemptState, Case, CaseEvent, Notice, NoticeState, Victim
from notifier.rules import cadence
from notifier.rules.decision import Situation
from notifier.rules.history import standing, withdrew
from notifier.rules.next_step import SHORT
from notifier.rules.policy import Policy
from notifier.rules.talks import talked_about_at, talks_with
from notifier.store import attempts, cases, events, notices, people, registrations, tables
from notifier.store.at_hand import Shelf
from notifier.store.attempts import Attempt
from notifier.store.database import Tx

_OUT_OR_THERE = frozenset({AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.CONFIRMED})
_USED_UP = frozenset({AttemptState.FAILED, AttemptState.UNCONFIRMED})


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its history (order of arrival), its victims and every name that it holds.

    ``history`` is without the events that were retracted, ``received`` with them.
    """

    case: Case
    received: tuple[CaseEvent, ...]
    history: tuple[CaseEvent, ...]
    victims: dict[int, Victim]
    names: tuple[str, ...]

    def event(self, pk: int | None) -> CaseEvent | None:
        """Return one event of the case, retracted or not."""
        return next((event for event in self.received if event.pk == pk), None)

    @property
    def begun(self) -> bool:
        """Whether the case was opened, rightly or wrongly: before that everything waits."""
        return self.case.opened or self._only_retracted("case.opened") is not None

    def wrong_start(self, victim_pk: int) -> CaseEvent | None:
        """Return the retracted event without which nothing is told her in this case.

        It is the opening of the case, or her registration, where no other one stands.
        """
        return self._only_retracted("case.opened") or self._only_retracted(
            "victim.registered", self.victims[victim_pk].victim_id
        )

    def _only_retracted(self, type_: str, victim_id: str | None = None) -> CaseEvent | None:
        starts = [event for event in self.received if event.type == type_]
        if victim_id is not None:
            starts = [event for event in starts if event.data.victim_id == victim_id]
        return None if any(event in self.history for event in starts) else starts[-1] if starts else None


def load_file(tx: Tx, case_pk: int) -> CaseFile:
    """Return everything known of a case, which is locked until the transaction ends."""
    cases.lock(tx, (case_pk,))
    (file,) = tx.of(_FILES, case_pk)
    return file


def read_file(tx: Tx, case_pk: int) -> CaseFile:
    """Return the same for looking only: nothing is locked, so nothing may be decided by it."""
    (file,) = tx.of(_FILES, case_pk)
    return file


def bring_files(tx: Tx, case_pks: Iterable[int]) -> None:
    """Lock these cases and have all at hand that decisions about them rest on."""
    pks = list(case_pks)
    cases.lock(tx, pks)
    tx.bring(_FILES, pks)
    notices.bring(tx, pks)
    attempts.bring(tx, _victims_of(tx, pks))


def _victims_of(tx: Tx, case_pks: Iterable[int]) -> list[int]:
    return [row.victim_pk for pk in case_pks for row in registrations.of_case(tx, pk)]


def _read(tx: Tx, case_pks: Sequence[int]) -> Iterator[tuple[int, int, CaseFile]]:
    cases.bring(tx, case_pks)
    registrations.bring(tx, case_pks)
    people.bring_victims(tx, _victims_of(tx, case_pks))
    events.bring(tx, [cases.load(tx, pk).case_id for pk in case_pks])
    for pk in case_pks:
        yield pk, pk, _file(tx, pk)


_FILES = Shelf(
    _read,
    frozenset(
        {
            tables.absences,
            tables.cases,
            tables.contact_points,
            tables.events,
            tables.registrations,
            tables.victims,
        }
    ),
)


def _file(tx: Tx, case_pk: int) -> CaseFile:
    case = cases.load(tx, case_pk)
    received = tuple(events.of_case(tx, case.case_id))
    history = standing(received)
    hers = {}
    for row in registrations.of_case(tx, case_pk):
        victim = people.load_victim(tx, row.victim_pk)
        hers[row.victim_pk] = replace(victim, withdrew=withdrew(history, victim.victim_id))
    return CaseFile(case, received, history, hers, people.names_on_file(case, hers.values()))


def situation_of(tx: Tx, notice: Notice, file: CaseFile, policy: Policy) -> Situation:
    """Return the situation of one notice as it is in this transaction."""
    event = file.event(notice.event_pk)
    victim = file.victims[notice.victim_pk]
    newer = newer_on_subject(tx, notice, file)
    made = attempts.of_notice(tx, notice, notice.retried_at)
    failed = {one.point_pk for one in made if one.state in _USED_UP}
    unknown = [one.point_pk for one in made if one.state is AttemptState.UNKNOWN]
    # A safety notice of unknown outcome is sent once more to the same contact point, not oftener.
    twice_unknown = {point for point in unknown if unknown.count(point) > 1}
    return Situation(
        event=event,
        case=file.case,
        victim=victim,
        history=file.history,
        names_on_file=file.names,
        retracted=(event is not None and event not in file.history)
        or file.wrong_start(notice.victim_pk) is not None,
        hold=notice.hold,
        known_at=notice.made_at,
        superseded=any(not notices.was_told(other) for other in newer),
        older_than_told=any(notices.was_told(other) for other in newer),
        told_in_person_at=talked_about_at(file.history, event, victim.victim_id) if event else None,
        last_message_at=attempts.last_message_at(tx, notice.victim_pk),
        tried=frozenset(point for point in failed | twice_unknown if point is not None),
        fallback=bool(failed or unknown),
        full_only=notice.full_only or any(_points_to_the_rest(one) for one in made),
        courtesy=None if event else cadence.content(told_events(tx, file, victim.pk), policy),
    )


def _points_to_the_rest(attempt: Attempt) -> bool:
    """Tell whether short words went out that announce the full text: only that is still to come."""
    return attempt.wording in SHORT and attempt.state in _OUT_OR_THERE


def told_events(tx: Tx, file: CaseFile, victim_pk: int) -> list[CaseEvent]:
    """Return the events that this victim was told, by a message or by a person."""
    reached = {
        notice.event_pk for _, told in attempts.reached(tx, file.case.pk, victim_pk) for notice in told
    }
    told = {
        notice.event_pk
        for notice in notices.of_victim(tx, victim_pk, file.case.pk)
        if notice.state is NoticeState.TOLD
    }
    talks = talks_with(file.history, file.victims[victim_pk].victim_id)
    spoken = {event_id for talk in talks for event_id in talk.data.about}
    known = reached | told
    return [event for event in file.history if event.pk in known or event.id in spoken]


_OUT = (NoticeState.CANCELLED, NoticeState.SUPPRESSED)


def newer_on_subject(tx: Tx, notice: Notice, file: CaseFile) -> list[Notice]:
    """Return the victim's notices on the same subject about newer events that she was or is to be told."""
    if notice.subject is None:
        return []
    standing = {event.pk for event in file.history}
    mine = (notice.occurred_at, notice.event_pk or 0)
    return [
        other
        for other in notices.of_victim(tx, notice.victim_pk, notice.case_pk)
        if other.subject == notice.subject
        and (other.occurred_at, other.event_pk or 0) > mine
        and (notices.was_told(other) or (other.state not in _OUT and other.event_pk in standing))
    ]
