"""What others publish of Telegram, Slack and LINE gives what is expected of it, or a reason is here."""

import json
from pathlib import Path

import pytest

from tests.connectors.cases.case import NOW_MS, Body
from tests.connectors.test_contract import PLANTED_WORDS, _finished, case_of, said_of_planted
from tests.connectors.test_samples import _samples

LEAST = {"line": 1, "slack": 2, "telegram": 7}
OTHERWISE: dict[str, tuple[tuple[str, ...], str]] = {
    "telegram/business_message.json": (
        ("message-received",),
        "its author has the id of its chat, so that it is the customer; the connection's owner need not be known",
    ),
}
"""Samples that give something else than `sources.json` expects, and why."""

PEOPLE = frozenset(
    {"first_name", "last_name", "username", "text", "user", "authed_users", "token", "challenge", "userId"}
)
each = pytest.mark.parametrize("source", LEAST)


@each
def test_every_sample_gives_what_is_expected(shared: Path, source: str) -> None:
    case, samples = case_of(source), _samples(shared, source)
    assert len(samples) >= LEAST[source]
    for sample in samples:
        body = Body((shared / "webhooks" / sample["file"]).read_bytes(), ())
        request = case.sign(body, case.secret, NOW_MS)
        assert case.connector.verify(request, case.account, NOW_MS).secret == 0
        expect = OTHERWISE.get(sample["file"], (tuple(sample["expect"]), ""))[0]
        assert tuple(event.type for event in _finished(case, request)) == expect, sample["file"]


def test_what_is_otherwise_differs(shared: Path) -> None:
    expected = {one["file"]: tuple(one["expect"]) for source in LEAST for one in _samples(shared, source)}
    assert [name for name, (given, _) in OTHERWISE.items() if expected[name] == given] == []


@each
def test_what_is_planted_in_any_text_of_any_sample_is_said_nowhere(shared: Path, source: str) -> None:
    for sample in _samples(shared, source):
        body = Body((shared / "webhooks" / sample["file"]).read_bytes(), ())
        told = [*said_of_planted(case_of(source), body)]
        assert [(field, said) for field, said in told if any(word in said for word in PLANTED_WORDS)] == []


@each
def test_no_person_in_a_sample_comes_through(shared: Path, source: str) -> None:
    case = case_of(source)
    for sample in _samples(shared, source):
        body = (shared / "webhooks" / sample["file"]).read_bytes()
        request = case.sign(Body(body, ()), case.secret, NOW_MS)
        said = b" ".join(event.value for event in _finished(case, request)).decode()
        assert [word for word in _people(json.loads(body)) if f'"{word}"' in said] == [], sample["file"]


def _people(value: object, key: str = "") -> set[str]:
    """Names, texts and ids of people, wherever they stand."""
    if isinstance(value, dict):
        found = set().union(*(_people(inner, name) for name, inner in value.items()), set())
        return found | ({str(value["id"])} if "first_name" in value else set())
    if isinstance(value, list):
        return set().union(*(_people(inner, key) for inner in value), set())
    return {value} if isinstance(value, str) and key in PEOPLE else set()
