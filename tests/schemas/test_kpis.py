import json
from bisect import bisect_left
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.kpis import KPIS, ChannelKpis, DimensionKpis

HOUR: dict[str, Any] = {
    "channel": "whatsapp",
    "window": {"kind": "hour", "start": "2026-03-02T10:00:00Z", "end": "2026-03-02T11:00:00Z"},
    "revision": 41,
    "final": False,
    "stream_time": "2026-03-02T10:41:07.120Z",
    "counts": {
        "messages_received": 214,
        "replies_sent": {"agent": 180, "bot": 22},
        "tickets_opened": 61,
        "tickets_closed": {"resolved": 55},
        "waits_opened": 150,
    },
    "durations": {
        "first_response": {
            "count": 58,
            "sum": 21140.250,
            "mean": 364.487,
            "min": 4.1,
            "max": 2210.0,
            "p50": 241.0,
            "p90": 830.0,
            "p95": 1106.0,
            "p99": 2050.0,
            "sketch": {"312": 4, "317": 9},
        },
        "response": {"count": 0, "sum": 0, "mean": None},
    },
    "sla": [
        {"policy": "default", "version": "3f2a9c", "metric": "first_response", "met": 51, "breached": 7, "cancelled": 2}
    ],
    "rates": {"response": {"of": 151, "value": 0.894}, "resolution": {"of": 64, "value": 0.859}},
    "levels": {"open": 903, "waiting": 121, "oldest_wait_started_at": "2026-03-01T22:14:09Z"},
}


def test_the_record_of_a_channel_reads_back_as_it_was() -> None:
    kpis = KPIS.validate_json(json.dumps(HOUR))
    assert isinstance(kpis, ChannelKpis)
    assert json.loads(KPIS.dump_json(kpis, exclude_unset=True)) == HOUR


@pytest.mark.parametrize("dimension", ["agent:17", "team:billing", "topic:orders/refund", "tag:vip"])
def test_the_record_of_a_dimension_has_the_same_shape(dimension: str) -> None:
    record = {**HOUR, "dimension": dimension}
    del record["channel"]
    kpis = KPIS.validate_json(json.dumps(record))
    assert isinstance(kpis, DimensionKpis)
    assert json.loads(KPIS.dump_json(kpis, exclude_unset=True)) == record


@pytest.mark.parametrize("channel", ["all", "other"])
def test_carebeats_own_channels_are_published(channel: str) -> None:
    assert KPIS.validate_json(json.dumps({**HOUR, "channel": channel}))


def test_a_count_that_is_not_there_is_zero() -> None:
    assert KPIS.validate_json(json.dumps({**HOUR, "counts": {}})).counts.waits_expired == 0


@pytest.mark.parametrize(
    "change",
    [
        {"window": {**HOUR["window"], "kind": "fortnight"}},
        {"revision": -1},
        {"counts": {"replies_sent": {"robot": 1}}},
        {"counts": {"waits_opened": 1.5}},
        {"durations": {"first_smile": {"count": 0, "sum": 0}}},
        {"durations": {"response": {"count": 1, "sum": 1, "sketch": {"-1": 1}}}},
        {"rates": {"response": {"of": 151}}},
        {"sla": [{**HOUR["sla"][0], "metric": "last_response"}]},
        {"dimension": "floor:3"},
    ],
)
def test_what_is_not_in_the_vocabulary_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        KPIS.validate_json(json.dumps({**HOUR, **change}))


def bounds(longest_ms: int) -> list[int]:
    """The sketch's bounds as `SKETCH_TEXT` gives them."""
    found = [0]
    while found[-1] < longest_ms:
        found.append(found[-1] + max(1, found[-1] // 50))
    return found


BOUNDS = bounds(100 * 366 * 86_400_000)


@given(st.integers(min_value=1, max_value=BOUNDS[-1]))
def test_the_middle_of_a_bucket_is_within_one_per_cent_of_all_it_counts(duration_ms: int) -> None:
    bucket = bisect_left(BOUNDS, duration_ms)
    middle = Fraction(BOUNDS[bucket - 1] + 1 + BOUNDS[bucket], 2)
    assert BOUNDS[bucket - 1] < duration_ms <= BOUNDS[bucket]
    assert abs(middle - duration_ms) <= Fraction(duration_ms, 100)


def test_four_digits_number_every_bucket_of_a_century() -> None:
    assert len(BOUNDS) < 10_000
