"""Published records as outputs of the engine, with the headers by which other services recognise them."""

from app.engine.processor import Output
from app.kpi.instants import text_of
from app.kpi.records import Published

_TYPE_PREFIX = "carebeat."


def output(topic: str, record: Published, source: str) -> Output:
    """A record for a public topic; CloudEvents 1.0 attributes are its headers. `source` is the deployment."""
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", record.event_id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", (_TYPE_PREFIX + record.event_type).encode()),
        ("ce_time", text_of(record.at_ms).encode()),
        ("content-type", b"application/json"),
    )
    return Output(topic, record.key, record.value, None, headers)
