"""The merge as a processor: what it tells of records that are none of its own."""

import logging

import pytest

from app.kpi.merge import Merge, MergedWindow
from app.streams.merge import Merging
from tests.kpi.story import Record


def test_records_that_no_worker_wrote_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []

    def see(_windows: list[MergedWindow], _stream_ms: int, refused: int) -> None:
        told.append(refused)

    merging = Merging(Merge(1), "test.", see)
    with caplog.at_level(logging.WARNING):
        merging.apply([Record(0, 0, b"k", b"hello"), Record(1, 0, b"k", None)])
        merging.take()
        merging.take()
    assert told == [2, 0]
    assert [record.getMessage() for record in caplog.records] == [
        "2 records of test.kpi-partials are no partials and count nowhere: who else writes there?"
    ]
