"""Whether a changed JSON Schema breaks those who write or read records by the former one.

Others write input and read output, so the rules mirror each other: no field is ever removed; on input, types, enums and
limits only widen and nothing new is required; on output, they only narrow and what was always there stays.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

Direction = Literal["input", "output"]
Json = dict[str, Any]

_UPPER: Final = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
_LOWER: Final = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
_FIXED: Final = ("pattern", "format", "not", "uniqueItems", "multipleOf")


def changes_that_break(former: Json, current: Json, direction: Direction) -> list[str]:
    """One line for each breaking change, with the path of the field; empty when there is none."""
    return list(_Comparison(former, current, direction).value(former, current, ""))


class _Comparison:
    def __init__(self, former: Json, current: Json, direction: Direction) -> None:
        self._definitions = (former.get("$defs", {}), current.get("$defs", {}))
        self._input = direction == "input"

    def value(self, former: Json, current: Json, path: str) -> Iterator[str]:
        """Compare what may stand at one place; either side may be a choice of forms."""
        old, new = self._forms(former, 0), self._forms(current, 1)
        promised, kept = (old, new) if self._input else (new, old)
        for form in sorted(promised.keys() - kept.keys()):
            yield f"{path or 'record'}: {form} is {'no longer accepted' if self._input else 'new'}"
        for form in sorted(old.keys() & new.keys()):
            yield from self._form(old[form], new[form], path)

    def _forms(self, schema: Json, side: int) -> dict[str, Json]:
        """The alternatives of a schema by what tells them apart: an event's tag, a model's name, or the JSON type."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            return {_tag(body) or key: body for key, body in self._forms(self._definitions[side][name], side).items()}
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return {form: body for choice in choices for form, body in self._named(choice, side)}
        types = schema.get("type", "any")
        return dict.fromkeys([types] if isinstance(types, str) else types, schema)

    def _named(self, choice: Json, side: int) -> Iterator[tuple[str, Json]]:
        for form, body in self._forms(choice, side).items():
            is_model = "$ref" in choice and form == "object"
            yield (choice["$ref"].removeprefix("#/$defs/") if is_model else form), body

    def _form(self, old: Json, new: Json, path: str) -> Iterator[str]:
        yield from self._words(old, new, path)
        yield from self._limits(old, new, path)
        yield from self._fields(old, new, path)
        for part in ("items", "additionalProperties", "propertyNames"):
            if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
                yield from self.value(old[part], new[part], f"{path}[]")
        for pattern, schema in old.get("patternProperties", {}).items():
            if pattern not in new.get("patternProperties", {}):
                yield f"{path}: keys like {pattern} are gone"
            else:
                yield from self.value(schema, new["patternProperties"][pattern], f"{path}[]")

    def _words(self, old: Json, new: Json, path: str) -> Iterator[str]:
        was, now = _enum(old), _enum(new)
        if self._input and now is not None:
            lost = sorted(was - now) if was is not None else ["any other value"]
            yield from (f"{path}: {word} is no longer accepted" for word in lost)
        if not self._input and was is not None:
            added = sorted(now - was) if now is not None else ["any value"]
            yield from (f"{path}: {word} is new to readers" for word in added)

    def _limits(self, old: Json, new: Json, path: str) -> Iterator[str]:
        for limit in _UPPER + _LOWER:
            if self._breaks(old.get(limit), new.get(limit), upper=limit in _UPPER):
                yield f"{path}: {limit} was {old.get(limit)}, is {new.get(limit)}"
        for rule in _FIXED:
            was, now = old.get(rule), new.get(rule)
            loosened = now is None if self._input else was is None
            if was != now and not loosened:
                yield f"{path}: {rule} was {was}, is {now}"

    def _breaks(self, was: float | None, now: float | None, *, upper: bool) -> bool:
        """Input: a limit came or tightened. Output: a limit went or loosened."""
        tight, loose = (now, was) if self._input else (was, now)
        if tight is None:
            return False
        return loose is None or (tight < loose if upper else tight > loose)

    def _fields(self, old: Json, new: Json, path: str) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in sorted(was):
            place = f"{path}.{name}".lstrip(".")
            if name not in now:
                yield f"{place}: the field is gone"
            else:
                yield from self.value(was[name], now[name], place)
        required, requires = set(old.get("required", ())), set(new.get("required", ()))
        surprises = requires - required if self._input else (required - requires) & now.keys()
        for name in sorted(surprises):
            yield f"{path}.{name}: ".lstrip(".") + ("now required" if self._input else "no longer always there")


def _enum(schema: Json) -> set[str] | None:
    words = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if words is None else {str(word) for word in words}


def _tag(schema: Json) -> str | None:
    """The `type` that an event's model stands for."""
    tag = schema.get("properties", {}).get("type", {})
    return tag.get("const") if isinstance(tag, dict) else None
