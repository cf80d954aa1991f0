import json
import re
from fnmatch import fnmatch

from app import __version__
from app.settings import Settings
from tests.deploy.files import ROOT, image_environment, image_probe, instructions, of_kind, settings_names


def is_let_through(path: str) -> bool:
    """Whether .dockerignore lets a path into the build: the last line that fits decides."""
    verdict = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and any(fnmatch(part, pattern) for part in (path, path.split("/")[0])):
            verdict = line.startswith("!")
    return verdict


def test_the_base_is_an_argument_pinned_by_tag() -> None:
    arguments = [rest for name, rest in instructions() if name == "ARG"]
    assert re.fullmatch(r"BASE=docker\.io/library/python:3\.11\.\d+-slim-\w+", arguments[0])
    assert [rest for name, rest in instructions() if name == "FROM"] == ["${BASE} AS build", "${BASE}"]


def test_it_runs_as_a_numeric_user_that_is_not_root() -> None:
    (user,) = of_kind("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    after = [name for name, _ in instructions()][::-1]
    assert "RUN" not in after[: after.index("USER")]


def test_no_shell_stands_between_engine_and_process() -> None:
    for kind in ("ENTRYPOINT", "CMD"):
        (line,) = of_kind(kind)
        assert json.loads(line)
    assert json.loads(of_kind("ENTRYPOINT")[0]) == ["carebeat"]
    assert image_probe() == ["carebeat", "health"]
    assert of_kind("STOPSIGNAL") == ["SIGTERM"]


def test_what_is_copied_is_there_and_nothing_else_reaches_the_build() -> None:
    copied = [
        source
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert "requirements-runtime.txt" in copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert is_let_through(source), source
    for kept_out in ("tests", ".git", ".env", ".venv", "deploy/secrets", "requirements.txt"):
        assert not is_let_through(kept_out), kept_out


def test_packages_are_installed_by_hash_only() -> None:
    installs = [
        step
        for name, rest in instructions()
        if name == "RUN"
        for step in rest.split("&&")
        if " install --quiet" in step
    ]
    assert len(installs) == 3
    for step in installs:
        assert "--require-hashes --only-binary :all:" in step or "--no-deps --no-index" in step, step


def test_its_environment_and_ports_are_those_of_the_settings() -> None:
    named = {name for name in image_environment() if name.startswith("CAREBEAT_")}
    assert named <= settings_names()
    assert image_environment()["PYTHONDONTWRITEBYTECODE"] == "1"
    assert str(Settings.model_fields["metrics_port"].default) in of_kind("EXPOSE")[0].split()


def test_its_label_is_the_version() -> None:
    assert f"VERSION={__version__}" in of_kind("ARG")
