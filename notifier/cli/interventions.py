"""What staff decide about notices, events and refused documents: try again, let go, give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.output import Json, number_of, with_progress
from notifier.cli.staff import By, done, login_name
from notifier.errors import NotifierError

if TYPE_CHECKING:
    from notifier.wiring import Services


def retry(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="A notice (N12), or an event that was set aside (S4).")
    ],
    as_json: Json = False,
) -> None:
    """Try again what failed, is uncertain or was set aside.

    A notice is decided as if nothing had been tried; an address that failed for good stays unused. An event
    is planned at once.

    \b
    Example:
      notifier retry N12
      notifier retry S4
    """
    from notifier.wiring import services

    letter, number = number_of("NS", identity)
    again = _retry_event if letter == "S" else _retry_notice
    with services() as parts:
        record, words = again(parts, number)
    done(record, words, as_json)


def _retry_notice(parts: Services, number: int) -> tuple[dict[str, Any], str]:
    from notifier import plain_words
    from notifier.journal_lines import local
    from notifier.store import notices

    parts.path.by_hand.retry(number, parts.clock.now())
    with parts.store.begin() as tx:
        after = notices.load(tx, number)
    if after.send_at is None:
        why = plain_words.reason(after.reason)
        raise NotifierError(
            f"N{number} still cannot be sent: {why}; see `notifier due` for what a person must do"
        )
    zone = parts.policies.timezone
    record = {"id": f"N{number}", "send_at": local(after.send_at, zone)}
    return record, f"N{number} is to be sent at {plain_words.moment(after.send_at, zone)}"


def _retry_event(parts: Services, number: int) -> tuple[dict[str, Any], str]:
    still = parts.path.by_hand.plan_again(number, parts.clock.now())
    if still is not None:
        raise NotifierError(
            f"S{number} still cannot be planned: {still}; mend that first, "
            f"or give it up: notifier cancel S{number} --reason WORDS"
        )
    return {"id": f"S{number}", "planned": True}, f"S{number} was planned"


def release(
    held: Annotated[
        str, typer.Argument(metavar="ID", help="A held notice (N12), or what asked about it (E4).")
    ],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Let go what is held: it is decided and sent as the rules are.

    For an escalation of the volume breaker all that it holds goes. News that a person must tell first is
    not released here, but by the record of that talk.

    \b
    Example:
      notifier release E4 --by "Sgt Reid"
    """
    _settle_held(held, by, as_json, "released")


def cancel(
    identity: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A notice (N12), what asked about it (E4), an event that was set aside (S4), or a refused "
            "document (R3).",
        ),
    ],
    reason: Annotated[
        str | None,
        typer.Option(
            help="Why an event or a document is given up; no names or addresses.", show_default=False
        ),
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Give up a notice, an event or a refused document.

    A notice that was not told yet, an event that was set aside; for an escalation of the volume breaker all
    that it holds. An event and a document need a reason, which `notifier trace` shows; both are kept.

    \b
    Example:
      notifier cancel N12 --by "Sgt Reid"
      notifier cancel S4 --reason "sent again with another id" --by "Sgt Reid"
      notifier cancel R3 --reason "the publisher sent it again, corrected" --by "Sgt Reid"
    """
    letter, _ = number_of("NESR", identity)
    if (letter in "SR") != (reason is not None):
        raise typer.BadParameter(
            "--reason belongs to an event that was set aside (S4) or a refused document (R3), which need one"
        )
    if reason is None:
        _settle_held(identity, by, as_json, "discarded")
    else:
        _give_up(identity, " ".join(reason.split()), by or login_name(), as_json)


def _give_up(identity: str, words: str, who: str, as_json: bool) -> None:
    from notifier import interventions
    from notifier.wiring import services

    if not 0 < len(words) <= _MOST_REASON_CHARACTERS:
        raise typer.BadParameter(f"--reason needs between 1 and {_MOST_REASON_CHARACTERS} characters")
    letter, number = number_of("SR", identity)
    give_up = interventions.give_up if letter == "S" else interventions.discard_rejected
    with services() as parts, parts.store.begin() as tx:
        give_up(tx, number, who, words, parts.clock.now())
    done(
        {"id": f"{letter}{number}", "outcome": "discarded", "by": who},
        f"{letter}{number} was discarded",
        as_json,
    )


_MOST_REASON_CHARACTERS = 100  # it stands beside the problem, in one column


def _settle_held(identity: str, by: str | None, as_json: bool, outcome: str) -> None:
    from notifier import worklists
    from notifier.wiring import services

    letter, number = number_of("NE", identity)
    who = by or login_name()
    with services() as parts:
        by_hand = parts.path.by_hand
        settle = by_hand.release if outcome == "released" else by_hand.discard
        pks = [number]
        if letter == "E":
            with parts.store.begin() as tx:
                pks = worklists.held_by(tx, number)
        for pk in with_progress(pks, outcome):
            settle(pk, who, parts.clock.now())
        if letter == "E":
            by_hand.end_holds([number], who, outcome, parts.clock.now())
    notices = [f"N{pk}" for pk in pks]
    words = f"{len(pks)} notices were {outcome}" if letter == "E" else f"{notices[0]} was {outcome}"
    done({"id": f"{letter}{number}", "outcome": outcome, "notices": notices, "by": who}, words, as_json)
