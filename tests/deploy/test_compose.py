"""compose.yaml, read and held against the repository, the settings, the commands and the image: there may be no engine to run it."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import yaml

from app import __version__, config
from app import settings as environment
from app.cli import carebeat
from app.settings import Settings, worker_urls
from tests.deploy.files import (
    COMPOSE_FILE,
    DEPLOY,
    OWN_IMAGE,
    ROOT,
    SECRETS,
    Service,
    command_of,
    environment_of,
    image_probe,
    mounts,
    of_kind,
    own,
    read_compose,
    scrape_targets,
    settings_names,
)

COMPOSE = read_compose()
SERVICES: dict[str, Service] = COMPOSE["services"]
SERVING = {"worker", "gateway"}
"""Commands that have /metrics and health."""
each_service = pytest.mark.parametrize("name", SERVICES)
each_own = pytest.mark.parametrize("name", own(COMPOSE))


def waits(service: Service) -> Iterator[tuple[str, str]]:
    """(service, condition) of what must be there before."""
    for other, how in service.get("depends_on", {}).items():
        yield other, how["condition"]


def is_job(name: str) -> bool:
    """Whether others wait for its end."""
    return any((name, "service_completed_successfully") in waits(other) for other in SERVICES.values())


def is_asked(name: str) -> bool:
    """Whether anybody waits for it, scrapes it or reaches it from outside."""
    is_waited_for = any(name == other for service in SERVICES.values() for other, _ in waits(service))
    return is_waited_for or "ports" in SERVICES[name] or name in {host for _, host, _ in scrape_targets()}


def test_all_that_the_whole_way_needs_is_there() -> None:
    commands = sorted(command_of(service) for service in own(COMPOSE).values())
    assert commands == ["gateway", "simulate", "topics", "worker", "worker"]
    assert {"kafka", "prometheus", "alertmanager", "grafana"} <= SERVICES.keys()


@each_service
def test_it_has_a_health_check_or_is_a_job_or_serves_nobody(name: str) -> None:
    probe = SERVICES[name].get("healthcheck", {})
    if probe.get("disable"):
        assert is_job(name) or not is_asked(name)
    else:
        assert probe["test"][0] == "CMD"
        assert {"interval", "timeout", "retries", "start_period"} <= probe.keys()


@each_service
def test_it_starts_when_what_it_needs_is_ready(name: str) -> None:
    for other, condition in waits(SERVICES[name]):
        assert condition == ("service_completed_successfully" if is_job(other) else "service_healthy")
        assert set(SERVICES[name]["networks"]) & set(SERVICES[other]["networks"]), other
    if name not in ("kafka", "alertmanager"):
        assert list(waits(SERVICES[name]))


@each_service
def test_it_may_do_as_little_as_possible(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "devices", "network_mode", "pid", "user"}
    assert {"cpus", "mem_limit", "pids_limit"} <= service.keys()
    assert service["restart"] == ("on-failure" if is_job(name) else "unless-stopped")
    assert {"max-size", "max-file"} <= service["logging"]["options"].keys()


@each_service
def test_its_image_is_pinned(name: str) -> None:
    image = SERVICES[name]["image"]
    if name in own(COMPOSE):
        assert image == f"{OWN_IMAGE}:{__version__}"
        build = SERVICES[name]["build"]
        assert (DEPLOY / build["context"]).resolve() == ROOT
        assert (ROOT / build["dockerfile"]).is_file()
    else:
        assert re.fullmatch(r"docker\.io/[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", image)


@each_service
def test_what_it_mounts_is_in_the_repository_and_cannot_be_written(name: str) -> None:
    for mount in mounts(SERVICES[name]):
        if mount.is_file:
            assert mount.path.exists(), mount.source
            assert mount.path.is_relative_to(ROOT)
            assert mount.options == "ro"
        else:
            assert mount.source in COMPOSE["volumes"]
            assert mount.options == ""


@each_service
def test_secrets_are_files_that_are_never_committed(name: str) -> None:
    service = SERVICES[name]
    for secret in service.get("secrets", []):
        assert COMPOSE["secrets"][secret] == {"file": f"./secrets/{secret}"}
    for variable, value in service.get("environment", {}).items():
        if re.search("SECRET|PASSWORD|KEY|TOKEN", variable):
            assert variable.endswith("_FILE")
            assert value.removeprefix(SECRETS) in service["secrets"]
    for place in re.findall(rf"{SECRETS}(\w+)", " ".join(service.get("command", []))):
        assert place in service["secrets"]
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "whsec_" not in COMPOSE_FILE.read_text()


@each_own
def test_its_environment_is_settings_that_are_right(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {key: value for key, value in environment_of(SERVICES[name]).items() if key.startswith("CAREBEAT_")}
    assert seen.keys() <= settings_names()
    for secret in SERVICES[name].get("secrets", []):
        (tmp_path / secret).write_text("m" * 32)
    for key, value in seen.items():
        monkeypatch.setenv(key, value.replace(SECRETS, f"{tmp_path}/"))
    settings = environment.load(None)
    host, port = settings.kafka.split(":")
    if "CAREBEAT_KAFKA" in seen:
        assert f"PLAINTEXT://{host}:{port}" == SERVICES[host]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
        assert set(SERVICES[host]["networks"]) & set(SERVICES[name]["networks"])


@each_own
def test_files_that_its_environment_names_are_mounted_and_right(name: str) -> None:
    service = SERVICES[name]
    places = {mount.target: mount for mount in mounts(service)}
    for variable, value in service.get("environment", {}).items():
        if variable == "CAREBEAT_CONFIG":
            support = config.load(places[value].path)
            if command_of(service) == "gateway":
                read = re.findall(rf"{SECRETS}(\w+)", places[value].path.read_text())
                assert set(read) <= set(service["secrets"])
                assert support.connectors
        elif variable == "CAREBEAT_SPOOL":
            assert str(Path(value).parent) in places
            assert str(Path(value).parent) in of_kind("VOLUME")


@each_own
def test_its_command_and_options_are_known(name: str) -> None:
    first, *rest = SERVICES[name]["command"]
    command = carebeat.get_command(click.Context(carebeat), first)
    assert command is not None
    context = command.make_context(first, list(rest))
    if isinstance(command, click.Group):
        assert command.resolve_command(context, list(rest))[1] is not None


@each_own
def test_its_health_check_is_the_images(name: str) -> None:
    probe = SERVICES[name]["healthcheck"]
    if command_of(SERVICES[name]) in SERVING:
        assert probe["test"] == ["CMD", *image_probe()]
    else:
        assert probe == {"disable": True}


def test_workers_share_one_configuration_and_the_rules_are_of_it() -> None:
    workers = [service for service in own(COMPOSE).values() if command_of(service) == "worker"]
    assert [workers[0]] * 2 == workers
    assert DEPLOY / "carebeat.yaml" in [mount.path for mount in mounts(workers[0])]
    assert int(workers[0]["environment"]["CAREBEAT_PARTITIONS"]) >= len(workers)
    topics = SERVICES["topics"]["environment"]
    assert topics.items() <= workers[0]["environment"].items()


def test_ports_are_open_on_this_machine_only() -> None:
    defaults = {name: Settings.model_fields[f"{name}_port"].default for name in ("gateway", "metrics")}
    opened = {}
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            host, outside, inside = port.split(":")
            assert host == "127.0.0.1"
            assert outside == inside
            opened[name] = int(inside)
    assert opened == {"gateway": defaults["gateway"], "grafana": 3000, "prometheus": 9090, "alertmanager": 9093}
    listened = {str(port) for port in (*defaults.values(), Settings.model_fields["tickets_port"].default)}
    assert listened == set(of_kind("EXPOSE")[0].split())


def test_in_each_worker_the_tickets_of_all_workers_can_be_asked_for() -> None:
    """They answer beyond their own container, with a token, and each knows where all are."""
    workers = {name for name, service in own(COMPOSE).items() if command_of(service) == "worker"}
    for name in workers:
        seen = environment_of(SERVICES[name])
        assert seen["CAREBEAT_TICKETS_HOST"] == "0.0.0.0"
        assert seen["CAREBEAT_TICKETS_TOKEN_FILE"].removeprefix(SECRETS) in SERVICES[name]["secrets"]
        asked = [urlsplit(url) for url in worker_urls(seen["CAREBEAT_TICKETS_WORKERS"]).split(",")]
        assert {where.hostname for where in asked} == workers
        assert {where.port for where in asked} == {Settings.model_fields["tickets_port"].default}


def test_prometheus_finds_every_service_that_has_metrics() -> None:
    metrics = Settings.model_fields["metrics_port"].default
    found = {}
    for file, host, port in scrape_targets():
        assert set(SERVICES[host]["networks"]) & set(SERVICES["prometheus"]["networks"]), host
        found[host] = (file, port)
    kinds = {"worker": "workers.yml", "gateway": "gateways.yml"}
    serving = {name: command_of(service) for name, service in own(COMPOSE).items() if command_of(service) in SERVING}
    assert found == {
        **{name: (kinds[command], metrics) for name, command in serving.items()},
        "alertmanager": ("alertmanagers.yml", 9093),
    }


def test_the_simulator_posts_to_an_account_of_the_gateway() -> None:
    (url,) = (part.removeprefix("--url=") for part in SERVICES["simulator"]["command"] if part.startswith("--url="))
    where = urlsplit(url)
    assert where.hostname is not None
    assert command_of(SERVICES[where.hostname]) == "gateway"
    assert set(SERVICES[where.hostname]["networks"]) & set(SERVICES["simulator"]["networks"])
    assert where.port == Settings.model_fields["gateway_port"].default
    _, connector, account = where.path.strip("/").split("/")
    accounts = yaml.safe_load((DEPLOY / "compose" / "gateway.yaml").read_text())["connectors"]
    (secret,) = accounts[connector][account]["secrets"]
    assert f"--secret-file={secret['file']}" in SERVICES["simulator"]["command"]


def test_only_who_needs_the_broker_reaches_it() -> None:
    (inside,) = SERVICES["kafka"]["networks"]
    assert COMPOSE["networks"][inside] == {"internal": True}
    there = {name for name, service in SERVICES.items() if inside in service["networks"]}
    assert there == {"kafka", "topics", "worker-1", "worker-2", "gateway"}


def test_grafana_finds_its_boards_and_prometheus() -> None:
    places = {mount.target: mount.path for mount in mounts(SERVICES["grafana"]) if mount.is_file}
    provisioned = {kind: places[f"/etc/grafana/provisioning/{kind}"] for kind in ("datasources", "dashboards")}
    (source,) = yaml.safe_load((provisioned["datasources"] / "carebeat.yaml").read_text())["datasources"]
    where = urlsplit(source["url"])
    assert (where.hostname, where.port) == ("prometheus", 9090)
    (provider,) = yaml.safe_load((provisioned["dashboards"] / "carebeat.yaml").read_text())["providers"]
    assert list(places[provider["options"]["path"]].glob("*.json"))
