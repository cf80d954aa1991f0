"""Rows as files: what is written reads back."""

import csv
import io
import json

import pytest

from app.cli.table.columns import Row
from app.cli.table.formats import FORMATS

COLUMNS = ["channel", "final", "tickets_opened", "response_mean_seconds"]
ROWS: list[Row] = [
    {"channel": "web", "final": True, "tickets_opened": 3, "response_mean_seconds": 1.5},
    {"channel": "é,\n", "final": False, "tickets_opened": 0},
]


def written(form: str, rows: list[Row] = ROWS, columns: list[str] = COLUMNS) -> str:
    to = io.StringIO()
    FORMATS[form](to, columns, rows)
    return to.getvalue()


def test_csv_reads_back() -> None:
    assert list(csv.reader(io.StringIO(written("csv")))) == [
        COLUMNS,
        ["web", "true", "3", "1.5"],
        ["é,\n", "false", "0", ""],
    ]


def test_json_lines_and_json_have_every_column_and_null_where_nothing_is() -> None:
    expected = [{**ROWS[0]}, {**ROWS[1], "response_mean_seconds": None}]
    assert [json.loads(line) for line in written("jsonl").splitlines()] == expected
    assert json.loads(written("json")) == expected
    assert json.loads(written("json", [])) == []


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_that_is_a_formula_is_quoted(name: str) -> None:
    rows: list[Row] = [{"slowest_reply_ticket_id": name, "channel": name}]
    (_, row) = csv.reader(io.StringIO(written("csv", rows, ["slowest_reply_ticket_id", "channel"])))
    assert row == [f"'{name}"] * 2


def test_a_name_cannot_end_the_row() -> None:
    rows: list[Row] = [{"channel": "a\r=1\nb"}]
    assert list(csv.reader(io.StringIO(written("csv", rows, ["channel"]))))[1] == ["a\\r=1\nb"]


def test_a_number_keeps_its_sign() -> None:
    assert "\n-1\n" in written("csv", [{"tickets_opened": -1}], ["tickets_opened"])
