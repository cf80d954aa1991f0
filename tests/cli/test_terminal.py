import json

import pytest

from app.cli.terminal import saying, write_json


def test_where_nobody_looks_a_line_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    with saying() as say:
        for line in ("a [b]", "a [b]", "c"):
            say(line)
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "a [b]\nc\n")


def test_an_object_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"a": "line\nbreak ü"})
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"a": "line\nbreak ü"}]
