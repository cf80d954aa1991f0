from schemas.generate import RECORDS
from schemas.topics import DEAD_LETTERS, EVENTS, KPIS, PARTIALS, POLL_CURSORS, TOPICS


def test_every_public_record_has_its_topic() -> None:
    assert {topic.record for topic in TOPICS if topic.record} == set(RECORDS)


def test_names_carry_the_deployments_prefix() -> None:
    assert EVENTS.full_name("replay-2024.") == "replay-2024.events"


def test_the_broker_stamps_events_and_nothing_else() -> None:
    assert [topic.name for topic in TOPICS if "message.timestamp.type" in topic.configuration()] == ["events"]


def test_windows_are_compacted_and_kept_400_days() -> None:
    assert KPIS.configuration() == {"cleanup.policy": "compact,delete", "retention.ms": str(400 * 86_400_000)}


def test_partials_meet_in_one_partition() -> None:
    assert [topic.name for topic in TOPICS if topic.single_partition] == [PARTIALS.name, POLL_CURSORS.name]


def test_dead_letters_are_kept_for_two_weeks() -> None:
    assert DEAD_LETTERS.retention_ms == 14 * 86_400_000
