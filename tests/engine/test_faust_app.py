import asyncio
from typing import Any

import pytest

from app.engine import topics
from app.engine.crash import OPERATOR_EXIT_CODE, RESTART_EXIT_CODE, OperatorNeededError
from app.engine.faust_app import EngineApp
from tests.engine.fakes import Place, Tally, rows


def make_app(codes: list[int] | None = None, **options: Any) -> EngineApp:
    return EngineApp(
        "app",
        broker="kafka://one:9092;two:9093",
        source_clock="log",
        version="1",
        exit_process=([] if codes is None else codes).append,
        **options,
    )


def declare(app: EngineApp, name: str = "track", source: str = "events") -> Any:
    return app.processor(name, source=source, factory=lambda _: Tally())


async def test_a_processor_has_a_changelog_of_its_own_name() -> None:
    assert declare(make_app()).changelog == "app-track-changelog"


async def test_several_processors_have_different_names_and_sources() -> None:
    app = make_app()
    declare(app)
    declare(app, "merge", "partials")
    assert app.sources() == {"events", "partials"}
    with pytest.raises(ValueError, match="has a processor already"):
        declare(app, "other", "events")


async def test_our_clients_connect_like_fausts() -> None:
    assert make_app().cluster == {"bootstrap_servers": ["one:9092", "two:9093"], "security_protocol": "PLAINTEXT"}


async def test_settings_may_be_overridden() -> None:
    conf = make_app(broker_session_timeout=6.0).conf
    assert (conf.broker_session_timeout, conf.broker_max_poll_records) == (6.0, 5000)


async def test_tables_are_refused() -> None:
    with pytest.raises(TypeError, match="belongs in a processor"):
        make_app().Table("counts")


async def test_the_group_learns_no_offset_without_a_marker() -> None:
    app, place = make_app(), Place()
    owner = declare(app).owners[0] = await place.owned()
    await owner.apply(rows(0, 1))
    assert (dict(app.next_offsets()), app.flushed_offsets()) == ({("events", 0): 2}, {})
    await owner.flush()
    assert app.flushed_offsets() == {("events", 0): 2}


async def test_batches_of_a_partition_that_is_not_owned_are_dropped() -> None:
    await declare(make_app()).apply(rows(0, 1))


async def test_release_leaves_nothing_owned() -> None:
    app, place = make_app(), Place()
    owner = declare(app).owners[0] = await place.owned()
    await owner.apply(rows(0))
    await app.release()
    assert (app.flushed_offsets(), place.markers) == ({}, [1])


async def test_release_ends_a_take_over_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: object) -> dict[str, int]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(topics, "partition_counts", never)
    app = make_app()
    taking_over = asyncio.create_task(app.take_over(set()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await app.release()
    assert await taking_over is False


async def test_a_take_over_that_fails_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_: object) -> dict[str, int]:
        return {}

    monkeypatch.setattr(topics, "partition_counts", nothing)
    codes: list[int] = []
    app = make_app(codes)
    declare(app)
    with pytest.raises(OperatorNeededError):
        await app.take_over(set())
    assert codes == [OPERATOR_EXIT_CODE]


async def test_what_crashes_in_faust_ends_the_process() -> None:
    codes: list[int] = []
    await make_app(codes).crash(RuntimeError("some service"))
    assert codes[0] == RESTART_EXIT_CODE


async def test_the_watch_shows_what_is_owned() -> None:
    app, place = make_app(), Place()
    declare(app).owners[0] = await place.owned()
    app.watch.end_offsets = {("events", 0): 9}
    (sight,) = app.watch.snapshot().partitions
    assert (sight.job, sight.topic, sight.partition, sight.is_loaded, sight.end_offset) == (
        "track",
        "events",
        0,
        True,
        9,
    )
