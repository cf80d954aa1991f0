"""Payloads that others recorded or published, in the shared data, and what each must give."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.cases.case import NOW_MS, Body, Case
from tests.connectors.test_contract import PLANTED_WORDS, _finished, said_of_planted

SOURCES = ("chatwoot", "intercom", "zendesk")
DEVIATIONS: dict[str, tuple[str, ...]] = {}
"""Sample -> what we give instead of its `expect`, with the reason beside it. There is none."""


def _case(source: str) -> Case:
    case: Case = importlib.import_module(f"tests.connectors.cases.{source}").CASE
    return case


def _samples(shared: Path, source: str) -> list[dict[str, Any]]:
    listed = json.loads((shared / "webhooks/sources.json").read_text())["files"]
    return [sample for sample in listed if sample["source"] == source]


@pytest.mark.parametrize("source", SOURCES)
def test_every_sample_gives_what_is_expected(shared: Path, source: str) -> None:
    case, samples = _case(source), _samples(shared, source)
    assert len(samples) >= 5
    for sample in samples:
        body = (shared / "webhooks" / sample["file"]).read_bytes()
        request = case.sign(Body(body, ()), case.secret, NOW_MS)
        assert case.connector.verify(request, case.account, NOW_MS).secret == 0
        expect = DEVIATIONS.get(sample["file"], tuple(sample["expect"]))
        assert tuple(event.type for event in _finished(case, request)) == expect, sample["file"]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_planted_in_any_text_of_any_sample_is_said_nowhere(shared: Path, source: str) -> None:
    case = _case(source)
    for sample in _samples(shared, source):
        body = Body((shared / "webhooks" / sample["file"]).read_bytes(), ())
        told = [*said_of_planted(case, body)]
        assert told
        assert [(field, said) for field, said in told if any(word in said for word in PLANTED_WORDS)] == []


@pytest.mark.parametrize("source", SOURCES)
def test_no_person_in_a_sample_comes_through(shared: Path, source: str) -> None:
    case = _case(source)
    for sample in _samples(shared, source):
        body = (shared / "webhooks" / sample["file"]).read_bytes()
        said = b" ".join(
            event.value for event in _finished(case, case.sign(Body(body, ()), case.secret, NOW_MS))
        ).decode()
        people = {*_people(json.loads(body))}
        assert [word for word in people if f'"{word}"' in said] == [], sample["file"]


def _people(value: Any) -> list[str]:
    """Names, addresses, links, texts and the ids of people: what stands under such names anywhere."""
    found: list[str] = []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            found += _people(inner)
        elif isinstance(inner, str) and key in _PERSONAL and inner:
            found.append(inner)
    return found


_PERSONAL = frozenset(
    {"name", "available_name", "email", "body", "content", "url", "thumbnail", "avatar_url", "user_id", "external_id"}
    | {"subject", "description", "requester_id", "actor_id", "submitter_id", "assigneeEmail", "pubsub_token"}
)
