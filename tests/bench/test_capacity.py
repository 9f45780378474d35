"""The capacity model and the simulated day say the same, and a service that is too small is seen."""

from __future__ import annotations

import math

import pytest

from bench.capacity import LOADS, Load, morning_seconds, processors, simulate

COUNTRY = Load("a country", crimes_a_year=6_600_000, notices_a_crime=10, open_cases=1_000_000)


def test_news_comes_in_the_hours_and_days_when_messages_go() -> None:
    assert pytest.approx(66_000_000 / 250 / 12 / 3600) == COUNTRY.usual


def test_a_million_open_cases_have_36_000_updates_a_morning() -> None:
    assert pytest.approx(36_000) == COUNTRY.updates


def test_a_notice_of_twice_the_cost_needs_twice_the_processors() -> None:
    assert processors(COUNTRY, 3.4) == pytest.approx(2 * processors(COUNTRY, 1.7))


@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.name)
def test_the_simulated_morning_takes_as_long_as_the_model_says(load: Load) -> None:
    capacity = 2 * load.usual * load.peak
    assert simulate(load, capacity).morning_seconds == pytest.approx(morning_seconds(load, capacity), abs=1)


def test_too_small_a_service_never_ends_its_morning_and_news_waits() -> None:
    capacity = COUNTRY.usual * COUNTRY.peak / 2
    assert morning_seconds(COUNTRY, capacity) == math.inf
    day = simulate(COUNTRY, capacity)
    assert day.morning_seconds == math.inf
    assert day.longest_wait_seconds == pytest.approx(12 * 3600)
