"""The runner notices every wrong figure, and refuses what it does not understand."""

from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from app.errors import ConfigurationError
from tests.conformance.figures import NotUnderstood
from tests.conformance.runner import compared

MONDAYS: Final = {"schedule": {"mon": [["09:00", "17:00"]]}, "timezone": "UTC"}
COMMON: Final[dict[str, Any]] = {"id": "ours", "source": {}, "agreement": "all"}
SPAN: Final = COMMON | MONDAYS | {
    "kind": "business_duration", "from": "2026-03-02T16:00:00Z", "to": "2026-03-09T10:00:00Z", "expected_business_seconds": 7200,
}  # fmt: skip
DEADLINE: Final = COMMON | MONDAYS | {
    "kind": "deadline", "start": "2026-03-02T16:00:00Z", "target_business_seconds": 7200, "expected_due_at": "2026-03-09T10:00:00Z",
}  # fmt: skip
MESSAGE: Final = {"type": "message-received", "occurred_at": "2026-03-02T10:00:00Z"}
REPLY: Final = {"type": "reply-sent", "occurred_at": "2026-03-02T10:05:00Z"}
CONVERSATION: Final = COMMON | {
    "kind": "conversation", "events": [MESSAGE, REPLY], "sla": {"first_response_seconds": 600},
    "expected": {"response_seconds": [300], "mean_response_seconds": 300, "first_response_seconds": 300, "sla": {"first_response": "met"}},
}  # fmt: skip
LOCAL: Final = COMMON | {
    "kind": "configuration", "config": {"local": "2026-03-02T10:00:00", "timezone": "Europe/Berlin"}, "expected": {"utc": "2026-03-02T09:00:00Z"},
}  # fmt: skip


@pytest.mark.parametrize("written", [SPAN, DEADLINE, CONVERSATION, LOCAL], ids=lambda written: written["kind"])
def test_a_right_case_holds(written: dict[str, Any], tmp_path: Path) -> None:
    found, right = compared(written, tmp_path)
    assert found == right


@pytest.mark.parametrize(
    ("written", "change"),
    [
        (SPAN, {"expected_business_seconds": 7200.001}),
        (SPAN, {"recommended_business_seconds": 0}),
        (SPAN, {"holidays": ["2026-03-09"]}),
        (SPAN, {"breaks": {"2026-03-09": [["09:30", "10:00"]]}}),
        (SPAN, {"date_overrides": {"2026-03-09": []}}),
        (SPAN, {"timezone": "Asia/Tokyo"}),
        (DEADLINE, {"expected_due_at": "2026-03-09T10:00:00.001Z"}),
        (DEADLINE, {"recommended_due_at": "2026-03-09T09:00:00Z"}),
        (CONVERSATION, {"events": [MESSAGE, REPLY | {"public": False}]}),
        (CONVERSATION, {"expected": {"response_seconds": [300, 300]}}),
        (CONVERSATION, {"expected": {"response_seconds": []}}),
        (CONVERSATION, {"expected": {"resolution_seconds": 300}}),
        (CONVERSATION, {"expected": {"mean_response_seconds": 301}}),
        (CONVERSATION, {"expected": {"sla": {"first_response": "breached"}}}),
        (CONVERSATION, {"expected": {"sla": {"next_response": "met"}}}),
        (CONVERSATION, {"recommended": {"first_response_seconds": 301}}),
        (CONVERSATION, {"sla": {"first_response_seconds": 60}}),
        (CONVERSATION, {"events": [MESSAGE], "evaluate_at": "2026-03-02T10:10:11Z"}),
        (LOCAL, {"expected": {"utc": "2026-03-02T09:00:01Z"}}),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_noticed(written: dict[str, Any], change: dict[str, Any], tmp_path: Path) -> None:
    found, right = compared(written | change, tmp_path)
    assert found != right


@pytest.mark.parametrize(
    ("written", "change"),
    [
        (SPAN, {"kind": "business_duration_piecewise"}),
        (SPAN, {"schedule": {"monday": []}}),
        (SPAN, {"timezone": "Europe/Nowhere"}),
        (SPAN, {"round_to_seconds": 60}),
        (DEADLINE, {"start": "2026-03-02T16:00:00"}),
        (CONVERSATION, {"settle_seconds": 60}),
        (CONVERSATION, {"holidays": ["2026-03-02"]}),
        (CONVERSATION, {"sla": {"close_seconds": 60}}),
        (CONVERSATION, {"expected": {"patience_seconds": 60}}),
        (CONVERSATION, {"expected": {"sla": {"first_response": "won"}}}),
        (CONVERSATION, {"expected": {}}),
        (CONVERSATION, {"recommended": {"messages": 1}}),
        (CONVERSATION, {"events": [MESSAGE | {"mood": "good"}, REPLY]}),
        (CONVERSATION, {"events": [MESSAGE | {"reason": "spam"}, REPLY]}),
        (CONVERSATION, {"events": [MESSAGE, REPLY | {"type": "reply-read"}]}),
        (CONVERSATION, {"events": []}),
        (LOCAL, {"config": LOCAL["config"] | {"fold": 1}}),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_an_error(written: dict[str, Any], change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises((NotUnderstood, ValidationError, ConfigurationError)):
        compared(written | change, tmp_path)
