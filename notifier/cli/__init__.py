"""The command ``notifier``. Commands load what they need when they run, so that help is there at once."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from notifier.cli import (
    admin,
    events,
    interventions,
    letters,
    policy,
    reports,
    roles,
    schema,
    staff,
    templates,
    tracing,
    users,
)
from notifier.cli.group import PlainGroup
from notifier.cli.logs import set_up_logging


def _group(name: str, words: str | None = None) -> typer.Typer:
    return typer.Typer(
        name=name,
        help=words,
        cls=PlainGroup,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
    )


app = _group("notifier")
db = _group("db", "The database's tables.")
keys = _group("keys", "Publishers' keys for the HTTP door.")
people = _group("users", "Accounts for the operations room.")
print_room = _group("letters", "Letters, and what the print room reports.")
answers = _group("report", "Reports for those who answer for the service.")
words = _group("templates", "The words of the messages.")
policies = _group("policy", "The policy, and what a change of it would do.")
_COMMANDS = (
    roles.demo,
    roles.run,
    roles.intake,
    roles.worker,
    roles.scheduler,
    roles.web,
    roles.mail,
    events.publish,
    events.simulate,
    tracing.trace,
    staff.failures,
    staff.escalations,
    staff.due,
    interventions.retry,
    interventions.release,
    interventions.cancel,
    staff.acknowledge,
    staff.resolve,
    events.check,
    schema.schema,
    admin.doctor,
)


@app.callback(invoke_without_command=True)
def notifier(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Tells victims of crime what happens in their case: in time, by a safe way, and can always say why.

    \b
    Example:
      notifier run
    """
    set_up_logging()
    if show_version:
        print(version("notifier"))
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command line and end the process with its status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Half a character pair comes out as its JSON escape, whatever the terminal's language.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()


for _command in _COMMANDS:
    app.command()(_command)
db.command()(admin.upgrade)
keys.command()(admin.add)
keys.command("list")(admin.list_keys)
keys.command()(admin.revoke)
people.command()(users.add)
people.command("list")(users.list_users)
people.command()(users.change)
people.command()(users.password)
people.command()(users.end)
people.command()(users.unlock)
app.add_typer(people)
answers.command()(reports.compliance)
app.add_typer(answers)
policies.command()(policy.diff)
app.add_typer(policies)
app.add_typer(db)
app.add_typer(keys)
print_room.command()(letters.returned)
app.add_typer(print_room)
words.command()(templates.check)
words.command()(templates.preview)
app.add_typer(words)
