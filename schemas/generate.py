"""The generated files of `schemas/json/`: JSON Schema for each record, AsyncAPI for the topics."""

import json
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from schemas.asyncapi import document
from schemas.compatibility import Direction, changes_that_break
from schemas.dead_letters import DeadLetter
from schemas.events import EVENT
from schemas.kpis import KPIS
from schemas.samples import Sample
from schemas.sla import SlaTransition

FOLDER: Final = Path(__file__).parent / "json"

RECORDS: Final[dict[str, tuple[TypeAdapter[Any], Direction]]] = {
    "event": (EVENT, "input"),
    "kpi": (KPIS, "output"),
    "sla": (TypeAdapter(SlaTransition), "output"),
    "sample": (TypeAdapter(Sample), "output"),
    "dead-letter": (TypeAdapter(DeadLetter), "output"),
}
"""Every public record: what checks it, and whether others write it (input) or read it (output)."""

_MODES: Final[dict[Direction, JsonSchemaMode]] = {"input": "validation", "output": "serialization"}


class _PlainSchema(GenerateJsonSchema):
    """JSON Schema without a title for each field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return False


def json_schema(record: str) -> dict[str, Any]:
    """The JSON Schema of one record."""
    adapter, direction = RECORDS[record]
    body = adapter.json_schema(mode=_MODES[direction], schema_generator=_PlainSchema)
    return {"$schema": _PlainSchema.schema_dialect, "title": record, **body}


def files() -> dict[str, str]:
    """File name -> content, the same on every machine."""
    documents = {record: json_schema(record) for record in RECORDS} | {"asyncapi": document()}
    return {f"{name}.json": json.dumps(body, indent=2, sort_keys=True) + "\n" for name, body in documents.items()}


def drift(folder: Path = FOLDER) -> list[str]:
    """Names of files in the folder that are not what the models say, missing and superfluous ones included."""
    wanted = files()
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def broken_promises(folder: Path = FOLDER) -> list[str]:
    """What in the models would break those who write or read records by the files in the folder."""
    problems: list[str] = []
    for record, (_, direction) in RECORDS.items():
        path = folder / f"{record}.json"
        if path.exists():
            former = json.loads(path.read_text(encoding="utf-8"))
            problems += [f"{record}: {text}" for text in changes_that_break(former, json_schema(record), direction)]
    return problems


def write(folder: Path = FOLDER) -> list[str]:
    """Make the folder say what the models say; names of the files that changed."""
    changed = drift(folder)
    wanted = files()
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed
