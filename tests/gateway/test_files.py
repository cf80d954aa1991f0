"""Files of records: however they are written, each record is read once, and the last changed one counts."""

import gzip
import json
from pathlib import Path
from time import process_time as process_seconds
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.amazon_connect import AmazonConnect
from app.connectors.connector import Account
from app.gateway import files
from app.gateway.events import Finishing, Ready
from app.gateway.files import Importing, values
from app.gateway.pseudonyms import Pseudonyms
from app.kpi.instants import instant_ms
from tests.connectors.test_amazon_connect import CALL, SECOND

AT = "2026-03-02T11:00:00Z"


def written(folder: Path, content: str | bytes, name: str = "records") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path) -> list[Any]:
    return [one.value if one.is_json else "NO JSON" for one in values(path)]


@pytest.mark.parametrize("between", ["", "\n", "\r\n", " ", ",\n", "\n\n"])
def test_values_behind_each_other_are_read_whatever_is_between(tmp_path: Path, between: str) -> None:
    records = [{"n": number, "text": 'a } and a " and {'} for number in range(3)]
    assert read(written(tmp_path, between.join(map(json.dumps, records)))) == records


def test_arrays_and_packed_files_are_read_too(tmp_path: Path) -> None:
    packed = gzip.compress(b'[{"n": 1}, {"n": 2}]\n{"n": 3}')
    assert read(written(tmp_path, packed, "records.json.gz")) == [{"n": 1}, {"n": 2}, {"n": 3}]


REFUSED = ['{"n": ' + "1" * 5_000 + "}", '{"n": "\\ud800"}', '{"n": NaN}']


@pytest.mark.parametrize("bad", ['{"n": ', "nonsense", '{"n": "\x00"}', "[" * 100_000, *REFUSED])
def test_what_is_no_json_costs_its_line_alone(tmp_path: Path, bad: str) -> None:
    assert read(written(tmp_path, f'{{"n": 1}}\n{bad}\n{{"n": 2}}')) == [{"n": 1}, "NO JSON", {"n": 2}]


@pytest.mark.parametrize("bad", REFUSED)
def test_what_no_webhook_may_say_costs_its_value_alone(tmp_path: Path, bad: str) -> None:
    assert read(written(tmp_path, f'{{"n": 1}}{bad}{{"n": 2}}')) == [{"n": 1}, "NO JSON", {"n": 2}]
    assert read(written(tmp_path, f'[{{"n": 1}}, {bad}, {{"n": 2}}]')) == [{"n": 1}, "NO JSON", {"n": 2}]


@pytest.mark.parametrize("line", ["no JSON", '"no end'])
def test_a_file_that_is_no_json_takes_as_long_as_it_is_long(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, f"{line}\n" * 200_000)
    before_seconds = process_seconds()
    assert set(read(path)) == {"NO JSON"}
    assert process_seconds() - before_seconds < 10


def test_a_record_that_goes_on_for_ever_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_CHUNK", 10)
    monkeypatch.setattr(files, "_LONGEST", 100)
    assert read(written(tmp_path, '{"n": "' + "x" * 500 + '\n{"n": 2}'))[-1] == {"n": 2}


@given(
    records=st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers(), max_size=3), max_size=6),
    size=st.integers(1, 9),
)
def test_where_reading_pauses_changes_nothing(records: list[Any], size: int) -> None:
    text = "".join(map(json.dumps, records))
    parts = iter([text[n : n + size] for n in range(0, len(text), size)])
    assert [value for value, _ in files._values(lambda: next(parts, ""))] == records


def imported(folder: Path, *records: Any, oldest: str | None = None) -> tuple[list[Ready], dict[str, int]]:
    name, path = AmazonConnect.name, written(folder, "".join(map(json.dumps, records)))
    finishing = Finishing(name, "eu", Pseudonyms(b"k" * 32, name, "eu"), joins_orders=True)
    oldest_ms = None if oldest is None else instant_ms(oldest)
    importing = Importing(AmazonConnect(), Account("eu", ()), finishing, AT, oldest_ms)
    for _ in importing.look(values(path)):
        pass
    ready = [one for records_, _ in importing.records(values(path)) for one in records_]
    return ready, dict(importing.counts)


def test_of_several_records_of_a_contact_the_last_changed_one_counts_once(tmp_path: Path) -> None:
    later = {
        **CALL,
        "LastUpdateTimestamp": "2026-03-02T12:00:00Z",
        "Agent": {**CALL["Agent"], "AfterContactWorkDuration": 60},
    }
    ready, counts = imported(tmp_path, CALL, later, later, {**CALL, "ContactId": SECOND})
    wraps = [json.loads(one.value)["wrap_seconds"] for one in ready if one.type == "call-ended"]
    assert wraps == [60.0, 30.0]
    assert counts == {"read": 4, "superseded": 2, "events": 10, "contacts": 2}


def test_importing_again_gives_the_same_records(tmp_path: Path) -> None:
    assert imported(tmp_path, CALL) == imported(tmp_path, CALL)
    assert len({one.id for one in imported(tmp_path, CALL)[0]}) == 6


def test_a_record_is_left_out_as_a_whole_when_it_was_over_long_ago(tmp_path: Path) -> None:
    assert imported(tmp_path, CALL, oldest="2026-03-02T10:46:08Z") == ([], {"read": 1, "too-old": 1})
    assert len(imported(tmp_path, CALL, oldest="2026-03-02T10:46:07Z")[0]) == 6


def test_what_is_wrong_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    ready, counts = imported(
        tmp_path,
        7,
        {"ContactId": 7.5},
        {**CALL, "ContactId": "a b"},
        {**CALL, "ContactId": SECOND, "Channel": "TASK"},
        CALL,
    )
    assert counts == {"read": 5, "malformed": 3, "unused": 1, "events": 5, "contacts": 1}
    assert len(ready) == 6
