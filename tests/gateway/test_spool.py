import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import UnavailableError
from app.gateway.events import Ready
from app.gateway.spool import Spool, SpoolError, open_spool


def _event(number: int, size: int = 10) -> Ready:
    return Ready(f"id-{number}", "message-received", f"t-{number % 7}".encode(), b"x" * size)


async def _spool(folder: Path, most_events: int = 1000, most_bytes: int = 1 << 20) -> Spool:
    return await open_spool(folder / "spool.db", most_events=most_events, most_bytes=most_bytes)


async def _all(spool: Spool) -> list[Ready]:
    front = await spool.first(10_000)
    return front.events if front else []


async def test_events_come_out_in_the_order_in_which_they_went_in(tmp_path: Path) -> None:
    spool = await _spool(tmp_path)
    events = [_event(number) for number in range(20)]
    for event in events:
        await spool.put([event])
    front = await spool.first(5)
    assert front is not None
    assert front.events == events[:5]
    await spool.remove(front.last_place)
    assert await _all(spool) == events[5:]
    assert (spool.events, spool.bytes) == (15, sum(len(event.key) + len(event.value) for event in events[5:]))
    await spool.close()


async def test_an_id_is_there_once(tmp_path: Path) -> None:
    spool = await _spool(tmp_path)
    await spool.put([_event(1), _event(1), _event(2)])
    await spool.put([_event(2)])
    assert await _all(spool) == [_event(1), _event(2)]
    assert spool.events == 2
    await spool.close()


async def test_what_does_not_fit_is_refused_as_a_whole(tmp_path: Path) -> None:
    spool = await _spool(tmp_path, most_events=3)
    await spool.put([_event(1), _event(2)])
    with pytest.raises(SpoolError, match="full: 2 events"):
        await spool.put([_event(3), _event(4)])
    assert await _all(spool) == [_event(1), _event(2)]
    await spool.put([_event(3)])
    assert spool.is_full
    await spool.close()


async def test_what_is_there_already_fits_into_a_full_spool(tmp_path: Path) -> None:
    spool = await _spool(tmp_path, most_events=3)
    await spool.put([_event(1), _event(2)])
    await spool.put([_event(2), _event(3), _event(3)])
    await spool.put([_event(1), _event(3)])
    with pytest.raises(SpoolError, match="full: 3 events"):
        await spool.put([_event(1), _event(4)])
    assert await _all(spool) == [_event(1), _event(2), _event(3)]
    assert (spool.events, spool.written_total) == (3, 3)
    await spool.close()


async def test_it_is_bounded_by_bytes_too(tmp_path: Path) -> None:
    spool = await _spool(tmp_path, most_bytes=1000)
    with pytest.raises(SpoolError, match="full"):
        await spool.put([_event(1, size=2000)])
    await spool.put([_event(2, size=900)])
    with pytest.raises(SpoolError, match="full"):
        await spool.put([_event(3, size=900)])
    await spool.close()


async def test_a_refusal_does_not_touch_what_shares_its_transaction(tmp_path: Path) -> None:
    spool = await _spool(tmp_path, most_events=10)
    puts = [spool.put([_event(number)]) for number in range(15)]
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    assert [isinstance(outcome, SpoolError) for outcome in outcomes] == [False] * 10 + [True] * 5
    assert await _all(spool) == [_event(number) for number in range(10)]
    await spool.close()


async def test_the_next_run_finds_what_the_last_one_left(tmp_path: Path) -> None:
    spool = await _spool(tmp_path)
    await spool.put([_event(1), _event(2)])
    await spool.close()
    again = await _spool(tmp_path)
    assert await _all(again) == [_event(1), _event(2)]
    assert (again.events, again.bytes) == (spool.events, spool.bytes)
    await again.close()


async def test_it_is_for_one_gateway(tmp_path: Path) -> None:
    spool = await _spool(tmp_path)
    with pytest.raises(UnavailableError, match="another gateway uses it"):
        await _spool(tmp_path)
    await spool.close()
    await (await _spool(tmp_path)).close()


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match=r"CAREBEAT_SPOOL=.*file/spool.db cannot be used"):
        await _spool(tmp_path / "file")


async def test_a_file_that_is_no_spool_is_named(tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(b"not a database" * 100)
    with pytest.raises(UnavailableError, match="not a database"):
        await _spool(tmp_path)


async def test_a_disk_that_fails_is_a_refusal_and_no_end(tmp_path: Path) -> None:
    spool = await _spool(tmp_path)
    await spool.put([_event(1)])
    other = sqlite3.connect(tmp_path / "spool.db", isolation_level=None)
    other.execute("ALTER TABLE events RENAME TO gone")
    with pytest.raises(SpoolError, match="disk fails"):
        await spool.put([_event(2)])
    assert spool.events == 1
    other.execute("ALTER TABLE gone RENAME TO events")
    await spool.put([_event(2)])
    assert await _all(spool) == [_event(1), _event(2)]
    other.close()
    await spool.close()


async def test_the_settings_that_make_it_safe_are_in_force(tmp_path: Path) -> None:
    spool = await _spool(tmp_path)
    found = {name: spool._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert found == {"journal_mode": "wal", "synchronous": 2}
    await spool.close()


async def test_the_disk_is_given_back_when_it_is_empty(tmp_path: Path) -> None:
    spool = await _spool(tmp_path, most_events=100_000, most_bytes=1 << 30)
    for start in range(0, 4000, 500):
        await spool.put([_event(number, size=2000) for number in range(start, start + 500)])
    assert _size(tmp_path) > 5 << 20
    front = await spool.first(10_000)
    assert front is not None
    await spool.remove(front.last_place)
    assert await spool.first(1) is None
    assert _size(tmp_path) < 1 << 20
    await spool.close()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


_WRITER = """
import asyncio, sys
from pathlib import Path
from app.gateway.events import Ready
from app.gateway.spool import open_spool

async def main():
    spool = await open_spool(Path(sys.argv[1]) / "spool.db", most_events=10**6, most_bytes=10**9)
    async def one(start):
        for number in range(start, 10**6, 8):
            await spool.put([Ready(f"id-{number}", "message-received", b"t", b"x" * 300)])
            print(number, flush=True)
    await asyncio.gather(*(one(start) for start in range(8)))

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE)  # noqa: ASYNC220
        assert process.stdout is not None
        said = b"".join(process.stdout.readline() for _ in range(300))
        process.kill()
        said += process.stdout.read()
        process.wait()
        process.stdout.close()
        acknowledged = {int(line) for line in said.splitlines()[:-1] if line}
        spool = await _spool(tmp_path, most_events=10**6, most_bytes=10**9)
        kept = {int(event.id.removeprefix("id-")) for event in await _all(spool)}
        assert len(acknowledged) >= 299
        assert acknowledged <= kept
        await spool.close()
        (tmp_path / "spool.db").unlink()


async def test_what_is_acknowledged_is_committed(tmp_path: Path) -> None:
    spool = await _spool(tmp_path)
    other = sqlite3.connect(tmp_path / "spool.db", isolation_level=None)

    async def put(number: int) -> int:
        await spool.put([_event(number)])
        found: int = other.execute("SELECT count(*) FROM events WHERE id = ?", (f"id-{number}",)).fetchone()[0]
        return found

    for start in range(0, 400, 40):
        assert await asyncio.gather(*(put(number) for number in range(start, start + 40))) == [1] * 40
    other.close()
    await spool.close()


async def test_what_a_gateway_left_before_there_were_two_topics_is_still_there(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "spool.db")
    database.execute(
        "CREATE TABLE events (place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,"
        " key BLOB NOT NULL, value BLOB NOT NULL) STRICT"
    )
    old, new = _event(1), _event(2)._replace(topic="customers")
    database.execute("INSERT INTO events (id, type, key, value) VALUES (?, ?, ?, ?)", old[:4])
    database.commit()
    database.close()
    spool = await _spool(tmp_path)
    await spool.put([new])
    assert await _all(spool) == [old, new]
    await spool.close()
