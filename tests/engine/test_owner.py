import asyncio

import pytest

from app.engine.crash import OperatorNeededError, RestartNeededError
from app.engine.owner import Limits
from tests.engine.fakes import Place, batch, rows
from tests.engine.model.log import FencedError


@pytest.fixture
def place() -> Place:
    return Place()


async def test_a_partition_nobody_owned_begins_at_the_first_record_of_the_source(place: Place) -> None:
    place.source.trim(7)
    owner = await place.owned()
    assert (owner.next_offset, place.tally.note) == (7, None)


async def test_the_next_owner_goes_on_where_the_last_flush_ended(place: Place) -> None:
    first = await place.owned()
    await first.apply(rows(0, 1, 2))
    await first.flush()
    await first.apply(rows(3, 4))
    second = await place.owned()
    assert (second.next_offset, place.tally.total, place.tally.note) == (3, 3, b"note 3")


async def test_records_that_are_included_already_are_skipped(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0, 1, 2))
    await owner.apply(rows(1, 2, 3, 4))
    assert place.tally.offsets == [0, 1, 2, 3, 4]


async def test_holes_in_the_log_are_no_fault(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(batch(0, 9, 2, 5))
    await owner.apply(batch(9, 12))
    assert (place.tally.offsets, owner.next_offset) == ([2, 5], 12)


async def test_a_batch_that_starts_too_late_ends_the_process(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0, 1))
    with pytest.raises(RestartNeededError, match="records from 5 came where 2 was next"):
        await owner.apply(rows(5, 6))


async def test_records_before_the_state_is_loaded_end_the_process(place: Place) -> None:
    with pytest.raises(RestartNeededError, match="before the state was loaded"):
        await place.owner().apply(rows(0))


async def test_a_processor_that_stops_is_flushed_and_asked_again(place: Place) -> None:
    owner = await place.owned()
    place.tally.stops = {2, 3}
    await owner.apply(rows(0, 1, 2, 3, 4))
    assert (place.markers, place.tally.offsets) == ([2, 3], [0, 1, 2, 3, 4])


async def test_a_processor_may_stop_before_the_first_record(place: Place) -> None:
    owner = await place.owned()
    place.tally.stops = {0}
    await owner.apply(rows(0))
    assert (place.markers, place.tally.offsets) == ([0], [0])


async def test_a_flush_comes_early_when_it_grows_too_large(place: Place) -> None:
    owner = await place.owned(Limits(slice_records=2, flush_entries=0))
    await owner.apply(rows(0, 1, 2, 3))
    assert place.markers == [2, 4]


async def test_what_is_applied_during_a_flush_belongs_to_the_next(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0, 1))
    applied = False

    async def apply_meanwhile() -> None:
        nonlocal applied
        if not applied:
            applied = True
            await owner.apply(rows(2))

    place.step = apply_meanwhile  # type: ignore[method-assign]
    await owner.flush()
    assert (place.markers, place.outputs, owner.flushed_offset) == ([2], [b"2"], 2)
    await owner.flush()
    assert (place.markers, place.outputs) == ([2, 3], [b"2", b"3"])


async def test_nothing_of_a_flush_is_visible_before_its_commit(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0))
    seen = []

    async def look() -> None:
        seen.append((len(place.markers), len(place.outputs)))

    place.step = look  # type: ignore[method-assign]
    await owner.flush()
    assert set(seen) == {(0, 0), (1, 1)}


async def test_only_one_flush_at_a_time(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0))
    running = 0

    async def pause() -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        running -= 1

    place.step = pause  # type: ignore[method-assign]
    await asyncio.gather(owner.flush(), owner.flush(), owner.flush())
    assert place.markers == [1, 1, 1]


async def test_a_flush_longer_than_its_deadline_ends_the_process(place: Place) -> None:
    owner = await place.owned(Limits(flush_deadline_seconds=0.01))
    await owner.apply(rows(0))
    place.step = asyncio.Event().wait  # type: ignore[assignment, method-assign]
    with pytest.raises(RestartNeededError, match=r"longer than 0\.01 s"):
        await owner.flush()


async def test_a_fenced_owner_fails_at_its_next_flush_and_shows_nothing(place: Place) -> None:
    old = await place.owned()
    await old.apply(rows(0, 1))
    await place.owned()
    with pytest.raises(FencedError):
        await old.flush()
    assert (place.markers, place.outputs) == ([], [])


async def test_a_flush_is_due_when_there_is_something_to_write(place: Place) -> None:
    owner = await place.owned()
    assert not owner.is_due()
    await owner.apply(rows(0))
    assert owner.is_due()


async def test_where_many_records_wait_a_flush_is_due_less_often(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0))
    place.clock.seconds += 1.9
    assert owner.is_due(10_000)
    assert not owner.is_due(10_001)
    place.clock.seconds += 0.2
    assert owner.is_due(10_001)


async def test_a_position_alone_is_written_seldom(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(batch(0, 3, 0, 1, 2, value=b"nothing"))
    place.clock.seconds += 4.9
    assert not owner.is_due()
    place.clock.seconds += 0.2
    assert owner.is_due()


async def test_release_makes_all_of_it_visible_and_takes_no_more(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0, 1))
    await owner.release()
    await owner.apply(rows(2))
    await owner.flush()
    assert (place.markers, place.tally.offsets) == ([2], [0, 1])


async def test_release_waits_for_a_flush_under_way(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0))
    flush = asyncio.create_task(owner.flush())
    await asyncio.sleep(0)
    await owner.release()
    await flush
    assert place.markers == [1]


async def test_release_in_the_middle_of_a_batch_leaves_the_rest_to_the_next_owner(place: Place) -> None:
    owner = await place.owned(Limits(slice_records=1))
    applying = asyncio.create_task(owner.apply(rows(0, 1, 2, 3)))
    await asyncio.sleep(0)
    await owner.release()
    await applying
    included = place.tally.offsets
    assert place.markers == [len(included)]
    assert len(included) < 4


async def test_whoever_releases_second_waits_for_the_first(place: Place) -> None:
    owner = await place.owned()
    await owner.apply(rows(0))
    place.step = lambda: asyncio.sleep(0.001)  # type: ignore[method-assign]
    first = asyncio.create_task(owner.release())
    await asyncio.sleep(0)
    await owner.release()
    assert place.markers == [1]
    await first


async def test_release_before_the_state_is_loaded_writes_nothing(place: Place) -> None:
    owner = place.owner()
    await owner.release()
    assert place.changelog.entries == []


@pytest.mark.parametrize(
    ("next_offset", "partitions", "clock", "says"),
    [
        (1001, 4, "log", "the source ends at 1000"),
        (9, 4, "log", "the source begins only at 10"),
        (20, 8, "log", "the state was made with 8"),
        (20, 4, "events", "the state was made with 'events'"),
    ],
)
async def test_a_marker_that_does_not_fit_needs_an_operator(
    place: Place, next_offset: int, partitions: int, clock: str, says: str
) -> None:
    place.source.trim(10)
    place.put_marker(next_offset, partitions, clock)
    with pytest.raises(OperatorNeededError, match=says):
        await place.owned()


async def test_group_offsets_without_a_marker_need_an_operator(place: Place) -> None:
    place.committed = 5
    with pytest.raises(OperatorNeededError, match="committed offset 5, the changelog has no marker"):
        await place.owned()


async def test_state_without_a_marker_needs_an_operator(place: Place) -> None:
    await (await place.owned()).flush()
    place.changelog.entries.pop(1)
    with pytest.raises(OperatorNeededError, match="entries but no marker"):
        await place.owned()


async def test_a_marker_of_another_version_is_fine(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.put_marker(3)
    assert (await place.owned()).next_offset == 3
    assert "state of version 0, this is 1" in caplog.text


async def test_a_source_end_that_is_not_known_yet_is_asked_for_again(place: Place) -> None:
    place.put_marker(1003)
    steps = 0

    async def grow() -> None:
        nonlocal steps
        steps += 1
        place.source.end = 1000 + min(steps, 3)

    place.step = grow  # type: ignore[method-assign]
    assert (await place.owned()).next_offset == 1003


async def test_no_operator_is_called_by_an_owner_that_was_fenced_while_it_read(place: Place) -> None:
    place.committed = 5
    steps = 0

    async def another_starts() -> None:
        nonlocal steps
        steps += 1
        if steps == 4:
            place.broker.start_producer("id")

    place.step = another_starts  # type: ignore[method-assign]
    with pytest.raises(FencedError):
        await place.owned()


def test_a_flush_must_end_before_the_broker_aborts_it() -> None:
    with pytest.raises(ValueError, match="must be below"):
        Limits(flush_deadline_seconds=20.0)
