from schemas.generate import RECORDS
from schemas.topics import CUSTOMERS, DEAD_LETTERS, EVENTS, KPIS, PARTIALS, POLL_CURSORS, TOPICS


def test_every_public_record_has_its_topic() -> None:
    assert {topic.record for topic in TOPICS if topic.record} == set(RECORDS)


def test_names_carry_the_deployments_prefix() -> None:
    assert EVENTS.full_name("replay-2024.") == "replay-2024.events"


def test_the_broker_stamps_events_and_orders_and_nothing_else() -> None:
    stamped = [topic.name for topic in TOPICS if "message.timestamp.type" in topic.configuration()]
    assert stamped == ["events", "customers"]


def test_windows_are_compacted_and_kept_400_days() -> None:
    assert KPIS.configuration() == {"cleanup.policy": "compact,delete", "retention.ms": str(400 * 86_400_000)}


def test_private_topics_are_read_in_one_partition() -> None:
    single = [topic.name for topic in TOPICS if topic.single_partition]
    assert single == [PARTIALS.name, CUSTOMERS.name, POLL_CURSORS.name]


def test_dead_letters_are_kept_for_two_weeks() -> None:
    assert DEAD_LETTERS.retention_ms == 14 * 86_400_000
