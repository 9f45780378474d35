"""Random histories through the real rooms: every property must hold for each (more: `make properties`)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.properties.checks import CHECKS
from tests.properties.histories import History, histories
from tests.properties.line_checks import LINE_CHECKS
from tests.properties.news_checks import NEWS_CHECKS
from tests.properties.run import simulated

EVERY_CHECK = (*CHECKS, *NEWS_CHECKS, *LINE_CHECKS)
STABLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    # A history is large, and running it takes a while: neither is a fault of the strategies.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def complaints_about(history: History) -> list[str]:
    """Run the history; return what does not hold."""
    run = simulated(history)
    return [f"{check.__name__}: {words}" for check in EVERY_CHECK for words in check(run)]


def first_difference(history: History) -> str | None:
    """Run the history twice, its file in two orders; return where the lines differ."""
    once, again = simulated(history).lines, simulated(history.in_another_order(len(history.events))).lines
    if once == again:
        return None
    differing = (pair for pair in zip(once, again, strict=False) if pair[0] != pair[1])
    return str(next(differing, f"{len(once)} lines, then {len(again)}"))


@settings(STABLE, max_examples=185)
@given(histories())
def test_every_property_holds(history: History) -> None:
    assert complaints_about(history) == []


@settings(STABLE, max_examples=15)
@given(histories())
def test_the_same_input_gives_the_same_decisions(history: History) -> None:
    assert first_difference(history) is None
