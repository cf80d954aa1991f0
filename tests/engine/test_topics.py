from typing import Any

import pytest

from app.engine import topics
from app.engine.crash import OperatorNeededError

PAIRS = [("events", "app-track-changelog")]


def test_topics_that_fit_pass() -> None:
    topics.check({"events": 4, "app-track-changelog": 4, "other": 1}, PAIRS)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({}, "events does not exist"),
        ({"events": 4}, "app-track-changelog does not exist.*with 4 partitions"),
        ({"events": 4, "app-track-changelog": 8}, "has 8 partitions, its source events has 4"),
    ],
)
def test_topics_that_do_not_fit_need_an_operator(counts: dict[str, int], says: str) -> None:
    with pytest.raises(OperatorNeededError, match=says):
        topics.check(counts, PAIRS)


async def test_a_broker_that_is_away_is_named_and_waited_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "RETRY_SECONDS", 0.01)
    cluster: dict[str, Any] = {"bootstrap_servers": ["127.0.0.1:1"]}
    answers = iter([False, False, True])
    assert await topics.reach(cluster, lambda: next(answers)) == {}
    assert caplog.text.count("No Kafka at 127.0.0.1:1 yet") == 2
