"""What pydantic says about a configuration, in words that an operator can act on: which key, what to write instead."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.config_file import Place, Problem

Model = type[BaseModel]

_WORDS: Final = {
    "bool_type": "must be true or false",
    "dict_type": "must be keys with values",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "missing": "is missing",
    "model_type": "must be keys with values",
    "string_pattern_mismatch": "must be a name: lower-case letters, digits, dots, dashes, underscores, 64 at most",
    "string_type": "must be text",
    "too_long": "has more than {max_length} entries",
    "too_short": "names nothing",
}
"""Where pydantic's own words are a programmer's."""
_NAMED: Final = {
    "channels": "; channels are named like `whatsapp` or `forum.de`",
    "schedules": "; schedules are named like `office` or `night-shift`",
}
"""What keys that people choose look like."""

_SECRET: Final = frozenset({"secrets", "keys", "token"})
"""Under these keys stands where secrets are. Who wrote a secret there must not find it in the log too."""


def problems_of(error: ValidationError, model: Model) -> Iterator[Problem]:
    """One problem for each error; `model` is that of the whole file."""
    for details in error.errors(include_url=False):
        place = tuple(step for step in details["loc"] if step != "[key]")
        if details["type"] == "extra_forbidden":
            yield Problem(place, _unknown_key(place, model))
        else:
            yield Problem(place, _wrong_value(place, details, model))


def _unknown_key(place: Place, model: Model) -> str:
    key, around = str(place[-1]), _model_at(place[:-1], model)
    known = list(around.model_fields) if around else []
    near = get_close_matches(key, known, n=1)
    if near:
        return f"`{key}` is no key here; did you mean `{near[0]}`? For example `{_example(near[0], around)}`"
    home = next((home for home in _parts(model) if key in home[1].model_fields), None)
    if home:
        line = f"{home[0]}: {{{_example(key, home[1])}}}"
        return f"`{key}` is no key here; it stands under `{home[0]}`, for example `{line}`"
    return f"`{key}` is no key here; known: {', '.join(known)}. For example `{_example(known[0], around)}`"


def _wrong_value(place: Place, details: ErrorDetails, model: Model) -> str:
    key = next((step for step in reversed(place) if isinstance(step, str)), "configuration")
    text = _WORDS.get(details["type"], "").format_map(details.get("ctx", {})) or details["msg"].replace(
        "Input should", "should"
    )
    if details["loc"][-1:] == ("[key]",):
        return f"`{key}` {text}{_NAMED.get(str(place[-2]), '')}"
    if (key, details["type"]) == ("channels", "too_short"):
        text += "; leave it out to accept every channel"
    if not _SECRET.isdisjoint(place):
        example = "token: {env: ZENDESK_TOKEN}" if "token" in place else "secrets: [{env: WEBSITE_SECRET}]"
        return f"`{key}` {text}; for example `{example}`"
    while place and isinstance(place[-1], int):  # an example shows the whole list
        place = place[:-1]
    around = _model_at(place[:-1], model)  # what is no part says itself how it is written
    example = f"; for example `{_example(key, around)}`" if around else ""
    return f"`{key}`{_given(details['input'])} {text}{example}"


def _given(value: Any) -> str:
    """The value, where it is short enough to help."""
    if isinstance(value, dict | list) or "@" in str(value):  # an address, of a person or with a password in it
        return ""
    return f" ({value[:60] if isinstance(value, str) else json.dumps(value)})"


def _example(key: str, model: Model | None) -> str:
    """A right line for a key."""
    field = model.model_fields.get(key) if model else None
    example = field.examples[0] if field and field.examples else getattr(model, "EXAMPLE", "...")
    return f"{key}: {example}"


def _model_at(place: Place, model: Model | None) -> Model | None:
    """The model whose keys stand at a place; names of channels lead to the model of a channel."""
    for step in place:
        field = model.model_fields.get(str(step)) if model else None
        model = next(_models_in(field.annotation), None) if field else model
    return model


def _models_in(annotation: Any) -> Iterator[Model]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _parts(model: Model) -> Iterator[tuple[str, Model]]:
    """Every key that holds keys, with the model of those."""
    for key, field in model.model_fields.items():
        for inner in _models_in(field.annotation):
            yield key, inner
            yield from _parts(inner)
