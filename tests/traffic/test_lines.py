import gzip
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.traffic.lines import lines, size_bytes

_CONTENT = b'{"a":1}\r\n\n \xff garbage \nlast'
_PACKED = gzip.compress(_CONTENT)


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


# Named, since bytes name a case by themselves: gzip's hold the time, and two workers would collect two cases.
@pytest.mark.parametrize(
    "content",
    [_CONTENT, _PACKED[:-12], _PACKED[:12] + b"x" * 50],
    ids=["not packed", "torn", "garbled"],
)
def test_what_is_no_whole_archive_is_the_operators_to_mend(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "packed.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"packed.jsonl.gz cannot be read \(.+\): name a whole"):
        list(lines(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none.jsonl cannot be read"):
        list(lines(tmp_path / "none.jsonl"))
