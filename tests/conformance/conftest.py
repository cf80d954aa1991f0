"""Every shared case is a test of its own, named by its id."""

import json
from typing import Any

import pytest

from tests.conftest import shared_folder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Without the file, one test takes the place of all and is skipped with the reason."""
    if "shared_case" not in metafunc.fixturenames:
        return
    path = shared_folder() / "conformance" / "kpi_cases.json"
    if not path.is_file():
        missing = pytest.mark.skip(reason=f"NO WORKED CASES at {path}: nothing is compared with other help desks")
        metafunc.parametrize("shared_case", [pytest.param({}, id="no-cases", marks=missing)])
        return
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    metafunc.parametrize("shared_case", cases, ids=[case.get("id", "no-id") for case in cases])
