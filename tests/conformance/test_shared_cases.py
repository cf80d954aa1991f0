"""Every worked case that other help desks gave, by our answer where we decided differently from the source."""

from pathlib import Path
from typing import Any

from tests.conformance.runner import compared


def test_the_answer_is_right(shared_case: dict[str, Any], tmp_path: Path) -> None:
    found, right = compared(shared_case, tmp_path)
    assert found == right
