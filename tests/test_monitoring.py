"""The alerts and the dashboard use what ``/metrics`` shows, and docs/monitoring.md explains all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from notifier.store import totals
from tests import promql
from tests.builders import a_store
from tests.fakes import fake_channels
from tests.web.conftest import running_web
from tests.web.test_metrics import fill

ROOT = File(__file__).parents[1]
ALERTS = yaml.safe_load((ROOT / "monitoring" / "alerts.yml").read_text())
DASHBOARD = json.loads((ROOT / "monitoring" / "grafana.json").read_text())
MANUAL = (ROOT / "docs" / "monitoring.md").read_text()
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]
# Prometheus' own: whether it reaches a process, and the labels that it adds.
OF_PROMETHEUS = {"up": {"job": {"notifier"}, "instance": set[str]()}}
ADDED = {"job", "instance"}
OURS = re.compile(r"\bnotifier_[a-z_]+\b")
# Claims of an identity provider, and what Postfix calls a setting.
NOT_FIGURES = {
    *("notifier_role", "notifier_force", "notifier_staff_id"),
    "notifier_destination_recipient_limit",
}

Shown = dict[str, dict[str, set[str]]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, redis_of_the_tests: str) -> Shown:
    """Every metric that there is, with its labels and their values."""
    home = tmp_path_factory.mktemp("metrics")
    with (
        a_store(f"sqlite:///{home / 'n.db'}") as store,
        running_web(store, home, fake_channels(), redis_url=redis_of_the_tests) as web,
    ):
        with store.begin() as tx:
            fill(tx)
        store.run(totals.add_up)
        text = web.http.get("/metrics").text
    found: Shown = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    return found


def ours(shown: Shown) -> set[str]:
    return {name for name in shown if name.startswith("notifier_")}


def complaints(expression: str, shown: Shown) -> Iterator[str]:
    """Yield what an expression asks for that is not there."""
    read = promql.read(expression)
    if not read.selectors:
        yield "it looks at no metric"
    for selector in read.selectors:
        labels = {**OF_PROMETHEUS, **shown}.get(selector.metric)
        if labels is None:
            yield f"there is no metric {selector.metric}"
            continue
        for name, values in selector.asked.items():
            known = labels.get(name, {"notifier"} if name in ADDED else set())
            yield from (f"{name} of {selector.metric} is never {one}" for one in set(values) - known)
    there = ADDED.union(*(shown.get(selector.metric, {}) for selector in read.selectors))
    yield from (f"nothing in it has a label {name}" for name in read.grouped - there)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_is_there(expression: str, shown: Shown) -> None:
    assert list(complaints(expression, shown)) == []


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("max(notifier_oldest_due) > 900", "there is no metric notifier_oldest_due"),
        ('notifier_notices_due{queue="slow"}', "queue of notifier_notices_due is never slow"),
        ('notifier_notices{state=~"failed|lost"}', "state of notifier_notices is never lost"),
        ('notifier_open_tasks{kind="x"}', "kind of notifier_open_tasks is never x"),
        ("sum by (force) (rate(notifier_attempts_total[5m]))", "nothing in it has a label force"),
        ("hour() > 8", "it looks at no metric"),
    ],
)
def test_what_is_not_there_would_be_seen(expression: str, complaint: str, shown: Shown) -> None:
    assert list(complaints(expression, shown)) == [complaint]


@pytest.mark.parametrize("text", ["max(up", "median(up)", "up # nothing", "up{job='notifier'}"])
def test_what_is_no_expression_is_not_passed_over(text: str) -> None:
    with pytest.raises(ValueError, match=r"match|known|understood"):
        promql.read(text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "action"}
    for words in rule["annotations"].values():
        assert words[-1] == "."
        assert 30 < len(words) < 300
    named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert named <= promql.read(rule["expr"]).grouped, (
        "a label that the expression drops is empty in the words"
    )


def test_each_alert_has_a_name_of_its_own_that_the_manual_knows() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    assert [name for name in names if f"`{name}`" not in MANUAL] == []


def test_the_dashboard_is_whole() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] and panel["description"] and panel["targets"] for panel in PANELS)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, f"{panel['title']} lies on another panel"
        taken |= cells


def test_each_series_has_a_legend_whose_labels_are_there(shown: Shown) -> None:
    for panel in PANELS:
        for target in panel["targets"]:
            named = set(re.findall(r"{{(\w+)}}", target.get("legendFormat", "")))
            read = promql.read(target["expr"])
            assert named <= read.grouped | ADDED, target["expr"]


def test_every_figure_is_explained_and_on_the_dashboard(shown: Shown) -> None:
    documented = set(OURS.findall(MANUAL))
    drawn = {selector.metric for panel in PANELS for target in panel["targets"]
             for selector in promql.read(target["expr"]).selectors}  # fmt: skip
    assert sorted(ours(shown) - documented) == []
    assert sorted(ours(shown) - drawn) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: str(page.name))
def test_the_manuals_name_no_figure_that_is_not_there(page: File, shown: Shown) -> None:
    named = set(OURS.findall(page.read_text())) - NOT_FIGURES
    assert sorted(named - ours(shown)) == []
