from app.broker.topics import KafkaTopic, topics
from app.kpi.rules import Clock
from app.settings import Settings
from schemas import topics as contract


def _by_name(clock: Clock = "log", *, orders: bool = False) -> dict[str, KafkaTopic]:
    return {topic.name: topic for topic in topics("support.", 6, clock, orders=orders)}


def test_every_topic_of_the_contract_and_both_changelogs_are_there() -> None:
    names = {f"support.{topic.name}" for topic in contract.TOPICS if topic != contract.CUSTOMERS}
    assert set(_by_name()) == names | {"support.worker-track-changelog", "support.worker-merge-changelog"}


def test_tickets_topics_have_the_partitions_of_the_events_and_merged_ones_have_one() -> None:
    assert {name.removeprefix("support."): topic.partitions for name, topic in _by_name().items()} == {
        "events": 6,
        "kpis": 1,
        "sla": 6,
        "samples": 6,
        "kpi-partials": 1,
        "poll-cursors": 1,
        "dead-letters": 1,
        "worker-track-changelog": 6,
        "worker-merge-changelog": 1,
    }


def test_only_where_orders_are_joined_are_there_topics_for_it() -> None:
    added = {name: topic for name, topic in _by_name(orders=True).items() if name not in _by_name()}
    assert {name: topic.partitions for name, topic in added.items()} == {
        "support.customers": 1,
        "support.worker-join-changelog": 1,
    }
    assert added["support.customers"].settings["message.timestamp.type"] == "LogAppendTime"


def test_the_broker_stamps_events_where_its_log_is_the_clock() -> None:
    stamps = {
        clock: _by_name(clock)["support.events"].settings["message.timestamp.type"] for clock in ("log", "events")
    }
    assert stamps == {"log": "LogAppendTime", "events": "CreateTime"}


def test_changelogs_are_compacted_after_an_hour_and_never_deleted() -> None:
    for name in ("support.worker-track-changelog", "support.worker-merge-changelog"):
        settings = _by_name()[name].settings
        assert (settings["cleanup.policy"], settings["min.compaction.lag.ms"]) == ("compact", "3600000")


def test_changelogs_are_named_by_faust_after_the_application() -> None:
    assert f"{Settings(topic_prefix='support.').app_id}-track-changelog" in _by_name()
