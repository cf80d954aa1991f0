import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.sla import SlaTransition

BREACH: dict[str, Any] = {
    "id": "9f31c0",
    "ticket_id": "t1",
    "channel": "whatsapp",
    "policy": "default",
    "version": "3f2a9c",
    "metric": "first_response",
    "state": "breached",
    "elapsed_seconds": 14400,
    "elapsed_business_seconds": None,
    "started_at": "2026-03-02T10:00:00Z",
    "due_at": "2026-03-02T14:00:00Z",
    "occurred_at": "2026-03-02T14:00:00Z",
    "priority": "high",
    "team": None,
    "agent_id": "17",
    "historic": False,
    "ticket_url": "https://desk.example/t1",
}
STATES = ["at_risk", "breached", "met", "met_late", "cancelled", "retracted"]


def test_a_transition_reads_back_as_it_was() -> None:
    transition = SlaTransition.model_validate_json(json.dumps(BREACH))
    assert json.loads(transition.model_dump_json()) == BREACH


@pytest.mark.parametrize("state", [*STATES, "started", "paused", "resumed", "due_changed"])
def test_every_state_is_published(state: str) -> None:
    assert SlaTransition.model_validate_json(json.dumps({**BREACH, "state": state})).state == state


@pytest.mark.parametrize("change", [{"state": "late"}, {"metric": "handle"}, {"elapsed_seconds": -1}, {"due_at": None}])
def test_what_is_not_in_the_vocabulary_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SlaTransition.model_validate_json(json.dumps({**BREACH, **change}))
