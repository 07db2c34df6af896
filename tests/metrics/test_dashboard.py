"""The dashboard and the scrape file name what the processes show, and labels are closed sets."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics_core import Metric

from domain.refusals import NotFound
from gpu_consumers.engines.registry import LOADERS
from processes.metrics.ports import metrics_port
from processes.metrics.work import BUCKETS_S as WORK_BUCKETS_S
from processes.metrics.work import OTHER
from processes.settings import PROCESS_NAMES, Settings
from processes.survey.topic_lags import read_by
from queries.survey.lags import PROJECTOR, READERS
from queries.survey.ledger import RULES
from queries.survey.open_work import AGES, STARTED, STATES
from tests.commands.studio_spec import ADA
from tests.containers.compose_file import DOCKER, ours, process_of
from tests.metrics.everything import everything, stored_names
from topics.messages.grants import ClaimRefusal
from topics.messages.results import FailureReason

DASHBOARD = DOCKER / "grafana" / "studio.json"
SCRAPE = DOCKER / "prometheus.yml"
NAME = re.compile(r"\b(?:suite|process)_[a-z_]+\b")
GIVEN_BY_PROMETHEUS = {"process", "instance", "job"}

VALUES: dict[str, set[str]] = {
    "command": set(stored_names()),
    "outcome": {"accepted", "refused", "busy", "failed", "done", *FailureReason},
    "code": {NotFound.code},
    "reason": {*ClaimRefusal},
    "reader": {*READERS, PROJECTOR},
    "state": {*STATES.values(), STARTED},
    "age": {*AGES},
    "kind": {"message", "intent", "owner"},
    "rule": {*RULES},
    "group": {group for group, _ in read_by()},
    "topic": {topic.name for _, topic in read_by()},
    "of": {"claims", "intents"},
    "what": {"entries", "owners"},
    "at": {"database", "topics"},
    "work": {"image", "training", "photos", "outputs"},
    "engine": {*LOADERS, OTHER},
    "process": set(PROCESS_NAMES),
}
"""Every label there may be, and all that may stand in it. `le` is a bucket's bound."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[Metric]:
    return everything(tmp_path_factory.mktemp("metrics"))


def samples(shown: list[Metric]) -> dict[str, set[str]]:
    """The labels of every sample, by its name."""
    found: dict[str, set[str]] = {}
    for metric in shown:
        for sample in metric.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def expressions() -> list[str]:
    """Every question that the dashboard asks."""
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_every_metric_that_the_dashboard_asks_for_is_shown(shown: list[Metric]) -> None:
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert len(asked) > 20
    assert asked - samples(shown).keys() == set()


def test_what_nobody_shows_would_be_found(shown: list[Metric]) -> None:
    assert NAME.findall("max(suite_lighthouses_in_fog)") == ["suite_lighthouses_in_fog"]
    assert "suite_lighthouses_in_fog" not in samples(shown)


@pytest.mark.parametrize("expression", expressions())
def test_every_label_that_the_dashboard_asks_for_is_one_of_its_metrics(
    expression: str, shown: list[Metric]
) -> None:
    labels = samples(shown)
    known = set().union(*(labels[name] for name in NAME.findall(expression)))
    asked = {
        label.strip()
        for group in re.findall(r"by \(([^)]*)\)", expression)
        for label in group.split(",")
    } | set(re.findall(r"[{,]\s*([a-z_]+)=", expression))
    assert asked <= known | GIVEN_BY_PROMETHEUS


def test_every_metric_of_ours_is_on_the_dashboard_or_belongs_to_one_that_is(
    shown: list[Metric],
) -> None:
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    ours_ = {metric.name for metric in shown if metric.name.startswith("suite_")}
    unseen = {name for name in ours_ if not any(one.startswith(name) for one in asked)}
    assert unseen == {
        "suite_process",
        "suite_parked_oldest_seconds",
        "suite_survey_failures",
        "suite_ledger_looked_at",
        "suite_ledger_rounds",
    }


def test_each_process_is_scraped_at_its_port_and_by_the_name_of_its_service() -> None:
    [job] = yaml.safe_load(SCRAPE.read_text())["scrape_configs"]
    scraped = {name: found["port"] for found in job["dns_sd_configs"] for name in found["names"]}
    processes = {name: process_of(one) for name, one in ours().items() if process_of(one)}
    assert scraped == {
        name: metrics_port(Settings(), str(process)) for name, process in processes.items()
    }
    assert [found["target_label"] for found in job["relabel_configs"]] == ["process"]


def test_no_label_can_hold_whose_something_is(shown: list[Metric]) -> None:
    for metric in shown:
        for sample in metric.samples:
            for label, value in sample.labels.items():
                if label == "le":
                    assert float(value) in {*WORK_BUCKETS_S, float("inf")} or float(value) <= 20.0
                    continue
                assert value in VALUES[label], (sample.name, label, value)
                assert str(ADA) not in value


def test_grafana_finds_the_dashboard_and_where_its_numbers_come_from() -> None:
    [source] = yaml.safe_load((DOCKER / "grafana" / "datasource.yml").read_text())["datasources"]
    dashboard = json.loads(DASHBOARD.read_text())
    assert {panel["datasource"]["uid"] for panel in dashboard["panels"]} == {source["uid"]}
    [provider] = yaml.safe_load((DOCKER / "grafana" / "dashboards.yml").read_text())["providers"]
    compose = (DOCKER / "compose.yaml").read_text()
    assert f"./grafana/{Path(DASHBOARD).name}:{provider['options']['path']}/" in compose
