"""For whoever keeps the service running: doctor, the database's tables, publishers' keys."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.output import Json, emit, number_of
from notifier.errors import NotFound, SettingsError

if TYPE_CHECKING:
    from notifier.channels.base import Channel
    from notifier.doctor import Check, Finding
    from notifier.settings import Settings
    from notifier.store.database import Store

_SECONDS = 10.0


def doctor(as_json: Json = False) -> None:
    """Say what is wrong around the service, and the mend.

    Settings, policy, database, scheduler, Redis, disk and providers are checked, and what else is set: the
    mailbox, RabbitMQ, your organisation's sign-in, the collector of traces. The exit status is 1 when
    something is wrong; a channel without any settings is only said to be not configured.

    \b
    Example:
      notifier doctor
    """
    from notifier.doctor import State

    findings = _examine()
    for finding in findings:
        if as_json:
            emit({"part": finding.part, "state": finding.state, "words": finding.words})
        else:
            print(f"{finding.part}: {finding.state}{', ' if finding.words else ''}{finding.words}")
    if any(finding.state is State.WRONG for finding in findings):
        raise typer.Exit(1)


def _examine() -> list[Finding]:
    from notifier.doctor import Finding, State, examine
    from notifier.settings import load_settings

    try:
        settings = load_settings()
        checks, channels = _own_checks(settings), _senders(settings)
    except SettingsError as problem:
        return [Finding("settings", State.WRONG, str(problem))]
    try:
        findings = examine({**checks, **_channel_checks(channels)}, _SECONDS)
    finally:
        for channel in channels.values():
            channel.close()
    unset = {part for part, channel in channels.items() if not _has_settings(type(channel))}
    return [
        Finding("settings", State.OK),
        *(_softened(finding) if finding.part in unset else finding for finding in findings),
    ]


def _softened(finding: Finding) -> Finding:
    from notifier.doctor import State

    wrong = finding.state is State.WRONG
    return replace(finding, state=State.NOT_CONFIGURED) if wrong else finding


def _own_checks(settings: Settings) -> dict[str, Check]:
    from notifier import backlog, doctor, wiring
    from notifier.clock import Clock
    from notifier.store.database import Store

    clock = Clock.from_settings(settings)

    def policy() -> None:
        wiring.policies_of(settings)

    def database() -> str | None:
        if not _is_made(settings):
            return "is not made yet: `notifier run` makes it"
        return in_store(lambda store: doctor.check_database(store) or backlog.check_work(store, clock.now()))

    def in_store(check: Callable[[Store], str | None]) -> str | None:
        if not _is_made(settings):
            return None
        with closing(Store(settings.store_url, wiring.cipher_of(settings))) as store:
            return check(store)

    def redis() -> str | None:
        with wiring.redis_client(wiring.redis_url(settings)) as client:
            return doctor.check_redis(client) or backlog.check_stream(client, settings.event_stream)

    return {
        "policy": policy,
        "database": database,
        "scheduler": lambda: in_store(lambda store: doctor.check_scheduler(store, clock)),
        "providers": lambda: in_store(doctor.check_providers),
        "redis": redis,
        "disk": lambda: backlog.check_disk(settings.home),
        **_set_checks(settings),
    }


def _is_made(settings: Settings) -> bool:
    return settings.database_url is not None or (settings.home / "notifier.db").exists()


def _set_checks(settings: Settings) -> dict[str, Check]:
    """Return what is asked of servers that not everybody has."""
    from notifier import doctor, wiring
    from notifier.environment import read_environment
    from notifier.mail.imap_in import check_mailbox
    from notifier.mail.settings import MailInSettings
    from notifier.web.ops.oidc_settings import OidcSettings

    checks: dict[str, Check] = {}
    if mailbox := read_environment(MailInSettings).mailbox():
        checks["mailbox"] = lambda: check_mailbox(mailbox)
    if broker := settings.broker_url:
        checks["rabbitmq"] = lambda: doctor.check_rabbitmq(broker)
    if issuer := read_environment(OidcSettings).oidc_issuer:
        checks["sign-in"] = lambda: doctor.check_identity_provider(issuer)
    if collector := wiring.collector_of(settings):
        checks["traces"] = lambda: doctor.check_collector(collector)
    return checks


def _senders(settings: Settings) -> dict[str, Channel]:
    """Return the providers that send, each by the part of the service that it is."""
    from notifier.channels.base import find_providers
    from notifier.wiring import order_of

    senders = {}
    for name, known in find_providers().items():
        for provider in order_of(name, known, settings):
            part = f"channel {name}, {provider}" if known[provider].spare else f"channel {name}"
            senders[part] = known[provider]()
    return senders


def _channel_checks(channels: Mapping[str, Channel]) -> dict[str, Check]:
    return {part: channel.check for part, channel in channels.items()}


def _has_settings(channel: type[Channel]) -> bool:
    """Tell whether any setting is given that only this channel has; one that needs none counts as given."""
    from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource

    from notifier.settings import Settings

    classes = inspect.getmembers(sys.modules[channel.__module__], inspect.isclass)
    kinds = [kind for _, kind in classes if issubclass(kind, BaseSettings) and kind is not BaseSettings]
    fields = {name: field for kind in kinds for name, field in kind.model_fields.items()}
    own = fields.keys() - Settings.model_fields.keys()
    given = {
        name
        for kind in kinds
        for source in (DotEnvSettingsSource, EnvSettingsSource)
        for name in source(kind)()
    }
    return not any(fields[name].is_required() for name in own) or not own.isdisjoint(given)


def upgrade() -> None:
    """Bring the database's tables to this version.

    Run it before the roles of a new version start. The embedded database is brought there by itself.

    \b
    Example:
      notifier db upgrade
    """
    upgrade_tables()
    print("the database's tables are up to date")


def upgrade_tables() -> None:
    """Run the migrations; raises ``NotifierError`` where the database does not answer."""
    from notifier.wiring import services

    with services(check=False) as parts:
        parts.store.check()
        parts.store.upgrade()
        parts.store.fill_in()


def add(
    source: Annotated[str, typer.Argument(help="The only source that this key may publish as.")],
    as_json: Json = False,
) -> None:
    """Make a key for a publisher; it is shown only now.

    \b
    Example:
      notifier keys add urn:example:records
    """
    from notifier.store import keys
    from notifier.wiring import services

    with services() as parts, parts.store.begin() as tx:
        key = keys.add(tx, source, parts.clock.now())
    if as_json:
        emit({"source": source, "key": key})
    else:
        print(key)


def list_keys(as_json: Json = False) -> None:
    """List whose keys there are, never the keys themselves.

    \b
    Example:
      notifier keys list
    """
    from notifier.journal_lines import local
    from notifier.store import keys
    from notifier.wiring import services

    with services() as parts, parts.store.begin() as tx:
        rows = keys.listed(tx)
    for row in rows:
        made, revoked = (at and local(at, parts.policies.timezone) for at in (row.made_at, row.revoked_at))
        if as_json:
            emit({"id": f"K{row.pk}", "source": row.source, "made_at": made, "revoked_at": revoked})
        else:
            print(f"K{row.pk}  {row.source}, made {made}{', revoked ' + revoked if revoked else ''}")


def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="A key, such as K3.")], as_json: Json = False
) -> None:
    """Revoke a key: it opens nothing from now on.

    \b
    Example:
      notifier keys revoke K3
    """
    from notifier.store import keys
    from notifier.wiring import services

    _, number = number_of("K", key)
    with services() as parts, parts.store.begin() as tx:
        ended = keys.revoke(tx, number, parts.clock.now())
    if not ended:
        raise NotFound(f"K{number} is not a key in use; `notifier keys list` shows them")
    if as_json:
        emit({"id": f"K{number}", "revoked": True})
    else:
        print(f"K{number} is revoked")
