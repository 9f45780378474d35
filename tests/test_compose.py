"""``docker-compose.yml`` says only what the program understands: its commands, settings and health checks."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from fastapi import FastAPI
from pydantic_settings import BaseSettings

import notifier.channels
from notifier.cli import app
from notifier.cli.log_settings import LogSettings
from notifier.providers.notify import NotifySettings
from notifier.settings import Settings
from notifier.web.app import create_app
from notifier.web.ops.oidc_settings import OidcSettings

COMPOSE = yaml.safe_load((Path(__file__).parents[1] / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "notifier"}
ROLES = ("intake", "worker-urgent", "worker-routine", "worker-bulk", "scheduler", "web", "mail")
COMMANDS_OF_OTHERS = ("redis-cli", "pg_isready")


def parse(arguments: list[str]) -> None:
    """Have the command line read ``arguments`` as it would at a start, without running anything."""
    assert arguments[0] == "notifier"
    command: Any = typer.main.get_command(app)
    name, rest = "notifier", arguments[1:]
    context = command.make_context(name, list(rest), resilient_parsing=True)
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, rest)
    command.make_context(name, list(rest))


def settings_classes() -> Iterator[type[BaseSettings]]:
    yield from (Settings, NotifySettings, LogSettings, OidcSettings)
    for entry in pkgutil.iter_modules(notifier.channels.__path__):
        module = importlib.import_module(f"notifier.channels.{entry.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, BaseSettings) and kind is not BaseSettings:
                yield kind


def variables() -> set[str]:
    return {
        f"{kind.model_config['env_prefix']}{field}".upper()
        for kind in settings_classes()
        for field in kind.model_fields
    }


def routes() -> set[str]:
    web: FastAPI = create_app()
    return {path for route in web.routes if (path := getattr(route, "path", None))}


@pytest.mark.parametrize("service", OURS)
def test_every_service_runs_a_command_that_exists(service: str) -> None:
    parse(OURS[service]["command"])


def test_every_role_has_a_service_that_waits_for_the_migration_and_comes_back_after_a_fault() -> None:
    assert set(OURS) == {"migrate", *ROLES}
    for role in ROLES:
        waits = OURS[role]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert waits["postgres"] == waits["redis"] == {"condition": "service_healthy"}
        assert OURS[role]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(service: str) -> None:
    assert set(OURS[service]["environment"]) <= variables()


def test_no_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if re.search("SECRET|KEY|PASSWORD|AUTH", variable) and value is not None:
                assert value.startswith("${"), f"{name}: {variable}"


@pytest.mark.parametrize("service", [*ROLES, "redis", "postgres"])
def test_every_health_check_asks_something_that_exists(service: str) -> None:
    how, program, *arguments = SERVICES[service]["healthcheck"]["test"]
    assert how == "CMD"
    if program == "notifier":
        parse([program, *arguments])
    elif program == "python":
        asked = re.search(r"http://127\.0\.0\.1:8025(/\w+)", arguments[-1])
        assert asked is not None
        assert asked[1] in routes()
        compile(arguments[-1], "healthcheck", "exec")
    else:
        assert program in COMMANDS_OF_OTHERS


def test_the_web_service_answers_both_health_questions() -> None:
    assert {"/healthz", "/readyz"} <= routes()


def test_redis_keeps_what_it_was_told_and_drops_nothing() -> None:
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
