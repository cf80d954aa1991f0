"""Who hears of what, by amtool over the shipped configuration."""

import json

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
        matcher.partition("=")[2].strip('"')
        for rule in yaml.safe_load(FILE.read_text())["inhibit_rules"]
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]
        if matcher.startswith("alertname=")
    }
    assert named
    assert named <= {rule.get("alert") for rule in rules()}


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
