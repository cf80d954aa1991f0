import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.dead_letters import DeadLetter, Reason
from schemas.wire import RECORD_LIMIT_BYTES

LETTER: dict[str, Any] = {
    "topic": "support.events",
    "partition": 3,
    "offset": 17,
    "reason": "bad-instant",
    "value": "e30=",
    "value_bytes": 2,
    "key": None,
    "field": "occurred_at",
    "failed_at": "2026-03-02T10:00:00Z",
    "version": "0.1.0",
}


def in_base64(size_bytes: int) -> str:
    return base64.b64encode(b"\xff" * size_bytes).decode()


def test_a_dead_letter_reads_back_as_it_was() -> None:
    assert json.loads(DeadLetter.model_validate_json(json.dumps(LETTER)).model_dump_json()) == LETTER


def test_a_whole_record_fits_in() -> None:
    assert DeadLetter.model_validate_json(json.dumps({**LETTER, "value": in_base64(RECORD_LIMIT_BYTES)}))


@pytest.mark.parametrize(
    "change", [{"value": in_base64(RECORD_LIMIT_BYTES + 3)}, {"value": "{}"}, {"reason": "ugly"}, {"offset": -1}]
)
def test_what_breaks_the_contract_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeadLetter.model_validate_json(json.dumps({**LETTER, **change}))


def test_reasons_are_words_on_the_wire() -> None:
    assert all(reason == reason.lower() and "_" not in reason for reason in Reason)
