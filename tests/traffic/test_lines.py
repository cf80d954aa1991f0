import gzip
from pathlib import Path

import pytest

from app.traffic.lines import lines, size_bytes

_CONTENT = b'{"a":1}\r\n\n \xff garbage \nlast'


@pytest.mark.parametrize("name", ["plain.jsonl", "packed.jsonl.gz"])
def test_lines_are_the_bytes_between_line_ends(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(_CONTENT) if name.endswith(".gz") else _CONTENT)
    assert [line.value for line in lines(path)] == [b'{"a":1}', b" \xff garbage ", b"last"]


def test_progress_is_told_in_bytes_of_the_packed_file(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(b"%d\n" % n for n in range(200_000))))
    read = [line.bytes_read for line in lines(path)]
    assert read == sorted(read)
    assert 0 < read[0] < read[-1] == size_bytes(path)
