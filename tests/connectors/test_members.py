from collections.abc import Callable
from typing import Any

import pytest

from app.connectors import members
from app.connectors.connector import Malformed
from app.connectors.instants import from_milliseconds, from_seconds_text


def test_what_is_there_is_given() -> None:
    holder = {"a": "x", "b": {"c": 1}, "d": [1]}
    assert (members.text(holder, "a"), members.mapping(holder, "b"), members.sequence(holder, "d")) == (
        "x",
        {"c": 1},
        [1],
    )


def test_what_may_be_missing_is_nothing() -> None:
    assert [members.text_if_any(holder, "a") for holder in ({}, {"a": None}, {"a": ""}, {"a": "x"})] == [
        None,
        None,
        None,
        "x",
    ]
    assert [list(members.sequence(holder, "a")) for holder in ({}, {"a": None}, {"a": []})] == [[], [], []]


_SECRETS = ("secret", ["secret"], {"b": "secret"}, 7, True, 1.5)


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        *((members.text, value) for value in (None, "", *_SECRETS[1:])),
        *((members.text_if_any, value) for value in _SECRETS[1:]),
        *((members.mapping, value) for value in (None, "", *_SECRETS[:2], *_SECRETS[3:])),
        *((members.sequence, value) for value in ("", _SECRETS[0], *_SECRETS[2:])),
    ],
)
def test_what_is_wrong_is_named_without_its_value(read: Callable[[dict[str, Any], str], Any], wrong: Any) -> None:
    with pytest.raises(Malformed, match=r"^a must be") as refused:
        read({"a": wrong}, "a")
    assert "secret" not in str(refused.value)


def test_instants_are_whole_milliseconds() -> None:
    assert from_seconds_text("1772448067", "at") == 1_772_448_067_000
    assert from_milliseconds(1_772_448_067_123, "at") == 1_772_448_067_123


@pytest.mark.parametrize(
    "text", [1772448067, "", "1772448067.0", "-1", "\u06f1", "1772448067123", "9" * 5000, "1", None, True]
)
def test_what_are_no_seconds_of_our_times_as_text_is_refused(text: Any) -> None:
    with pytest.raises(Malformed, match=r"^at must be"):
        from_seconds_text(text, "at")


@pytest.mark.parametrize("value", ["1772448067123", 1_772_448_067, 1.5e12, True, None, -1, 10**30, []])
def test_what_are_no_milliseconds_of_our_times_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match=r"^at must be"):
        from_milliseconds(value, "at")
