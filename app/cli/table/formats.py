"""Rows written as CSV, JSON Lines or one JSON array."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TextIO

from app.cli.table.columns import NAMES, Cell, Row

Write = Callable[[TextIO, Sequence[str], Iterable[Row]], None]
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t")
"""What a spreadsheet takes for the beginning of a formula."""


def _csv(to: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_plain(name, row.get(name)) for name in columns])


def _plain(column: str, value: Cell) -> Cell:
    """A cell as spreadsheets read it; a name that they would run as a formula is quoted with an apostrophe."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if column in NAMES and isinstance(value, str):
        shown = value.replace(
            "\r", "\\r"
        )  # the csv module leaves it unquoted, and readers take it for the end of the row
        return f"'{shown}" if shown.startswith(_FORMULA_SIGNS) else shown
    return value


def _jsonl(to: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    to.writelines(_object(columns, row) + "\n" for row in rows)


def _json(to: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> None:
    to.write("[")
    to.writelines((",\n " if number else "\n ") + _object(columns, row) for number, row in enumerate(rows))
    to.write("\n]\n")


def _object(columns: Sequence[str], row: Row) -> str:
    return json.dumps({name: row.get(name) for name in columns}, ensure_ascii=False)


FORMATS: Final[Mapping[str, Write]] = {"csv": _csv, "jsonl": _jsonl, "json": _json}
