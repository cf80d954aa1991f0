"""Who hears of what, by amtool over the shipped configuration."""

import json
import re
from typing import Any

import pytest
import yaml

from app import config
from app.render.alertmanager import alertmanager_file
from tests.render.expressions import ROOT, rules
from tests.render.programs import run

FILE = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"


def routed(**labels: str) -> str:
    pairs = [f"{label}={value}" for label, value in labels.items()]
    status, said = run("amtool", "config", "routes", "test", f"--config.file={FILE}", *pairs)
    assert status == 0, said
    return said.splitlines()[0]  # a warning about an address that is not used may follow


def test_amtool_takes_it() -> None:
    status, said = run("amtool", "check-config", str(FILE))
    assert status == 0, said


@pytest.mark.parametrize("rule", [rule for rule in rules() if "alert" in rule], ids=lambda rule: str(rule["alert"]))
def test_each_alert_reaches_whom_its_severity_says(rule: dict[str, dict[str, str]]) -> None:
    severity = rule["labels"]["severity"]
    expected = "watchdog" if severity == "none" else severity
    assert routed(alertname=str(rule["alert"]), channel="chat", **rule["labels"]) == expected


def test_what_says_no_severity_is_a_ticket() -> None:
    assert routed(alertname="Somebodys") == "ticket"


def test_every_inhibition_names_alerts_that_exist() -> None:
    named = {
        name
        for rule in yaml.safe_load(FILE.read_text())["inhibit_rules"]
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]
        if matcher.startswith("alertname=")
        for name in matcher.partition("=")[2].strip('~"').split("|")
    }
    assert named
    assert named <= {rule.get("alert") for rule in rules()}


def test_a_page_about_promises_is_muted_only_where_no_figure_is_fresh() -> None:
    """A gateway that is down or full is one source of many; the others' customers still wait."""
    (page,) = (rule for rule in rules() if rule.get("alert") == "SupportSlaBreached")
    muting = {
        str(source["alert"])
        for source in rules()
        for inhibition in yaml.safe_load(FILE.read_text())["inhibit_rules"]
        if "alert" in source and matches(source, inhibition["source_matchers"])
        if matches(page, inhibition["target_matchers"])
    }
    assert muting == {"CarebeatPipelineStalled", "CarebeatAbsent"}


def matches(rule: dict[str, Any], matchers: list[str]) -> bool:
    labels = {"alertname": rule["alert"], **rule["labels"]}
    parts = [re.fullmatch(r'(\w+)=~?"(.*)"', matcher) for matcher in matchers]
    return all(part and re.fullmatch(part[2], labels.get(part[1], "")) for part in parts)


def test_a_token_is_read_from_a_file_and_never_written() -> None:
    text = 'operations: {receivers: {page: {url: "https://pager/x", token_file: /etc/token}}}'
    made = alertmanager_file(config.parse(text))
    page = next(receiver for receiver in made["receivers"] if receiver["name"] == "page")
    assert page["webhook_configs"] == [
        {
            "url": "https://pager/x",
            "send_resolved": True,
            "http_config": {"authorization": {"credentials_file": "/etc/token"}},
        }
    ]
    others = [receiver for receiver in made["receivers"] if receiver["name"] != "page"]
    assert "authorization" not in json.dumps(others)
