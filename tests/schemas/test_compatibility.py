from typing import Any

import pytest

from schemas.compatibility import changes_that_break
from schemas.generate import RECORDS, json_schema


def record(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT = {"type": "string"}
TEXT_OR_NULL = {"anyOf": [TEXT, {"type": "null"}]}
SHORT = {"type": "string", "maxLength": 10}
LONG = {"type": "string", "maxLength": 20}
TWO = {"type": "string", "enum": ["a", "b"]}
THREE = {"type": "string", "enum": ["a", "b", "c"]}

FEWER_FIELDS = (record({"x": TEXT, "y": TEXT}), record({"x": TEXT}))
MORE_FIELDS = FEWER_FIELDS[::-1]
NARROWER_TYPE = (record({"x": TEXT_OR_NULL}), record({"x": TEXT}))
WIDER_TYPE = NARROWER_TYPE[::-1]
NARROWER_ENUM = (record({"x": THREE}), record({"x": TWO}))
WIDER_ENUM = NARROWER_ENUM[::-1]
NEW_ENUM = (record({"x": TEXT}), record({"x": TWO}))
NO_ENUM = NEW_ENUM[::-1]
TIGHTER = (record({"x": LONG}), record({"x": SHORT}))
LOOSER = TIGHTER[::-1]
NEW_LIMIT = (record({"x": TEXT}), record({"x": SHORT}))
NO_LIMIT = NEW_LIMIT[::-1]
REQUIRED = (record({"x": TEXT}), record({"x": TEXT}, required=("x",)))
OPTIONAL = REQUIRED[::-1]

Pair = tuple[dict[str, Any], dict[str, Any]]


@pytest.mark.parametrize("pair", [FEWER_FIELDS, NARROWER_TYPE, NARROWER_ENUM, NEW_ENUM, TIGHTER, NEW_LIMIT, REQUIRED])
def test_input_may_not_narrow(pair: Pair) -> None:
    assert changes_that_break(*pair, "input")


@pytest.mark.parametrize("pair", [MORE_FIELDS, WIDER_TYPE, WIDER_ENUM, NO_ENUM, LOOSER, NO_LIMIT, OPTIONAL])
def test_input_may_widen(pair: Pair) -> None:
    assert not changes_that_break(*pair, "input")


@pytest.mark.parametrize("pair", [FEWER_FIELDS, WIDER_TYPE, WIDER_ENUM, NO_ENUM, LOOSER, NO_LIMIT, OPTIONAL])
def test_output_may_not_widen_nor_lose_a_field(pair: Pair) -> None:
    assert changes_that_break(*pair, "output")


@pytest.mark.parametrize("pair", [MORE_FIELDS, NARROWER_TYPE, NARROWER_ENUM, NEW_ENUM, TIGHTER, NEW_LIMIT, REQUIRED])
def test_output_may_narrow_and_gain_fields(pair: Pair) -> None:
    assert not changes_that_break(*pair, "output")


def test_a_pattern_on_input_may_go_but_not_change() -> None:
    strict, other, none = (record({"x": {**TEXT, **rule}}) for rule in ({"pattern": "a"}, {"pattern": "b"}, {}))
    assert changes_that_break(strict, other, "input")
    assert not changes_that_break(strict, none, "input")


def test_the_rules_hold_deep_inside() -> None:
    def nested(inner: dict[str, Any]) -> dict[str, Any]:
        part = {"type": "array", "items": {"$ref": "#/$defs/Part"}}
        return record({"parts": part}) | {"$defs": {"Part": record({"words": {"type": "object", **inner}})}}

    change = (nested({"additionalProperties": LONG}), nested({"additionalProperties": SHORT}))
    assert changes_that_break(*change, "input") == ["parts[].words[]: maxLength was 20, is 10"]


def test_a_renamed_model_is_no_change() -> None:
    def named(name: str) -> dict[str, Any]:
        return record({"part": {"$ref": f"#/$defs/{name}"}}) | {"$defs": {name: record({"x": TEXT})}}

    assert not changes_that_break(named("Part"), named("Piece"), "input")


def test_an_event_type_that_is_gone_breaks_its_senders() -> None:
    former, current = json_schema("event"), json_schema("event")
    current["oneOf"] = [form for form in current["oneOf"] if "SurveySent" not in str(form)]
    assert changes_that_break(former, former, "input") == []
    assert changes_that_break(former, current, "input") == ["record: survey-sent is no longer accepted"]


def test_a_new_form_of_record_breaks_readers() -> None:
    former, current = json_schema("kpi"), json_schema("kpi")
    former["oneOf" if "oneOf" in former else "anyOf"] = [{"$ref": "#/$defs/ChannelKpis"}]
    assert changes_that_break(former, current, "output") == ["record: DimensionKpis is new"]


@pytest.mark.parametrize("name", RECORDS)
def test_no_change_breaks_nothing(name: str) -> None:
    assert not changes_that_break(json_schema(name), json_schema(name), RECORDS[name][1])
