"""What is in the repository is what the packaged configuration gives."""

from pathlib import Path

import pytest
import yaml

from app import config
from app.render.documents import documents
from app.render.provisioning import BOARDS_FOLDER
from tests.render.expressions import ROOT

RUNBOOK = (ROOT / "deploy" / "runbook.md").read_text()


@pytest.mark.parametrize("path", documents(config.load(), RUNBOOK))
def test_no_file_differs_from_what_would_be_rendered(path: str) -> None:
    assert (ROOT / path).read_text() == documents(config.load(), RUNBOOK)[path], "run: carebeat render"


def test_the_same_configuration_gives_the_same_bytes() -> None:
    text = "channels: {b: {objective: 0.5}, a: {objective: 0.7}, c: {objective: 0.5}}"
    turned = "channels: {c: {objective: 0.5}, a: {objective: 0.7}, b: {objective: 0.5}}"
    assert documents(config.parse(text), RUNBOOK) == documents(config.parse(turned), RUNBOOK)


@pytest.mark.parametrize("text", ["", "channels: {a: }", "channels: {a: }\nunlisted_channels: accept"])
def test_any_list_of_channels_can_be_watched(text: str) -> None:
    assert documents(config.parse(text), RUNBOOK).keys() == documents(config.load(), RUNBOOK).keys()


def test_the_interval_is_the_same_everywhere() -> None:
    made = documents(config.parse("operations: {interval: 10s}"), RUNBOOK)
    settings = yaml.safe_load(made["deploy/prometheus/prometheus.yml"])["global"]
    assert set(settings.values()) == {"10s"}
    source = yaml.safe_load(made["grafana/provisioning/datasources/carebeat.yaml"])["datasources"][0]
    assert source["jsonData"]["timeInterval"] == "10s"


def test_grafana_finds_what_provisioning_names() -> None:
    made = documents(config.parse('operations: {prometheus_url: "http://prom:1"}'), RUNBOOK)
    (source,) = yaml.safe_load(made["grafana/provisioning/datasources/carebeat.yaml"])["datasources"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prom:1", True)
    (provider,) = yaml.safe_load(made["grafana/provisioning/dashboards/carebeat.yaml"])["providers"]
    assert (provider["type"], provider["options"]) == ("file", {"path": BOARDS_FOLDER})


def test_where_things_run_is_named_beside_it() -> None:
    made = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    discoveries = [*made["alerting"]["alertmanagers"], *made["scrape_configs"]]
    files = [file for one in discoveries for sd in one["file_sd_configs"] for file in sd["files"]]
    assert all((ROOT / "deploy" / "prometheus" / Path(file)).is_file() for file in files)
