import re
import tomllib

import pytest

from tests.deploy.files import ROOT

LOCKS = ("requirements.txt", "requirements-runtime.txt", "requirements-build.txt")


def locked(name: str) -> dict[str, set[str]]:
    """Package==version -> hashes."""
    packages: dict[str, set[str]] = {}
    package = ""
    for line in (ROOT / name).read_text().splitlines():
        if found := re.match(r"([a-z0-9][a-z0-9._-]*==\S+)", line):
            package = found[1]
            packages[package] = set()
        elif found := re.match(r"\s+--hash=(sha256:[0-9a-f]{64})", line):
            packages[package].add(found[1])
    return packages


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_hashes_and_no_address(name: str) -> None:
    assert locked(name)
    for package, hashes in locked(name).items():
        assert hashes, package
    assert "://" not in (ROOT / name).read_text()


def test_the_image_runs_what_is_tested() -> None:
    tested = locked("requirements.txt")
    runtime = locked("requirements-runtime.txt")
    assert runtime.items() <= tested.items()
    assert locked("requirements-build.txt").items() <= tested.items()


def test_the_image_runs_all_that_is_needed_and_nothing_for_developers() -> None:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {package.partition("==")[0] for package in locked("requirements-runtime.txt")}

    def named(requirements: list[str]) -> set[str]:
        return {re.split(r"[=<>!~\[; ]", requirement)[0].lower() for requirement in requirements}

    assert named(content["dependencies"]) <= names
    for extra, requirements in content["optional-dependencies"].items():
        assert not named(requirements) & names, extra


def test_one_build_backend_makes_every_package() -> None:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (backend,) = content["build-system"]["requires"]
    assert content["dependency-groups"]["build"] == [backend]
    assert backend in content["project"]["optional-dependencies"]["dev"]
    assert backend in locked("requirements-build.txt")
