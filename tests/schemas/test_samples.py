import json

from schemas.samples import Sample


def test_a_sample_reads_back_as_it_was() -> None:
    written = {
        "id": "9f31c0",
        "ticket_id": "t1",
        "kpi": "response",
        "seconds": 241.25,
        "channel": "whatsapp",
        "started_at": "2026-03-02T10:00:00Z",
        "ended_at": "2026-03-02T10:04:01.250Z",
        "agent_id": "17",
        "team": None,
        "topic": "orders/refund",
        "retracted": True,
    }
    assert json.loads(Sample.model_validate_json(json.dumps(written)).model_dump_json()) == written
