"""What the commands share that try events out: the policies, and a simulation with the words in force.

Not through the wiring: neither a database nor Redis is needed, and loading them takes its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifier.rules.policy import Policies
    from notifier.simulation import Outcome, Simulation


def policies_in_force() -> Policies:
    """Return the policies that the settings name."""
    from notifier.settings import load_settings

    return policies_of(load_settings().policy_file)


def policies_of(file: Path | None) -> Policies:
    """Return the policies of a file, ``None`` for the shipped ones, with the settings that override them."""
    from notifier.policy_file import load_policies
    from notifier.settings import load_settings

    settings = load_settings()
    return load_policies(
        file, timezone=settings.timezone, gap_minutes=settings.gap_minutes, breaker=settings.breaker
    )


def simulation_of(policies: Policies, outcomes: Sequence[Outcome] = ()) -> Simulation:
    """Return a simulation with the templates in force; use it as a context manager."""
    from notifier.rendering import Renderer
    from notifier.settings import load_settings
    from notifier.simulation import Simulation
    from notifier.template_folders import templates_in_force

    folders = templates_in_force(load_settings().templates_dir)
    return Simulation(policies, Renderer(policies.timezone, *folders).render, outcomes)
