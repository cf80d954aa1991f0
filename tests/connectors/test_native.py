from typing import Any

import pytest

from app.connectors import native
from app.connectors.connector import Malformed
from app.connectors.native import Occasion
from app.connectors.states import steps


@pytest.mark.parametrize(("value", "expected"), [(7, "7"), ("7", "7"), ("zd:bot", "zd:bot"), ("5f-A_b", "5f-A_b")])
def test_an_id_is_a_number_or_a_text(value: Any, expected: str) -> None:
    assert native.identifier(value, "id") == expected


@pytest.mark.parametrize(
    "value", ["", " ", "Jane Doe", "jane@example.com", "+4915112345678", "x" * 121, "1.5", 1.5, -1, True, None, [], {}]
)
def test_what_no_desk_calls_its_tickets_is_no_id(value: Any) -> None:
    with pytest.raises(Malformed) as refused:
        native.identifier(value, "id")
    assert refused.value.detail == "id must be an id"


@pytest.mark.parametrize("value", [None, "", 0, "0"])
def test_nobody_is_nobody(value: Any) -> None:
    assert native.identifier_or_none(value, "id") is None


@pytest.mark.parametrize(
    "label", ["vip", "sample tag", "größe-xl", "a:b", "q1_2026", "2026-03", "24 - 36 months 12", "123456"]
)
def test_a_label_is_words(label: str) -> None:
    assert native.labels([label]) == [label]


@pytest.mark.parametrize(
    "label",
    [
        *("jane@example.com", "+49 151 1234567", "0151/1234567", "https://x.example/y", "", " a", "x" * 65, 7, None),
        *("+49 (30) 123456", "030 - 12 34 56", "0151_2345_6789", "(030) 123456", "tel_030 - 123456", "2026_03_02"),
    ],
)
def test_what_could_be_a_person_is_no_label(label: Any) -> None:
    assert native.labels([label]) == []


@pytest.mark.parametrize("text", ["12,15", "12, 15", "12 15", " 12 ,\n15, "])
def test_ids_in_an_option_have_commas_or_spaces_between_them(text: str) -> None:
    assert native.listed(text) == {"12", "15"}
    assert native.listed("") == native.listed(None) == frozenset()


def test_labels_are_each_once_and_32_at_most() -> None:
    assert native.labels(["b", "a", "b"]) == ["b", "a"]
    assert len(native.labels([f"l{n}" for n in range(50)])) == 32
    assert native.labels("vip") == native.labels(None) == []


@pytest.mark.parametrize("value", ["x", 7, [1]])
def test_a_part_of_another_kind_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match="detail"):
        native.part({"detail": value}, "detail")
    with pytest.raises(Malformed, match="parts"):
        native.parts({"parts": value}, "parts")


def test_what_is_missing_is_empty() -> None:
    assert native.part({}, "x") == native.part({"x": None}, "x") == {}
    assert list(native.parts({}, "x")) == list(native.parts({"x": None}, "x")) == []


@pytest.mark.parametrize("value", [0, 6, True, 4.0, "4", None])
def test_a_score_is_a_whole_number_from_1_to_5(value: Any) -> None:
    assert native.score(5, "score") == 5
    with pytest.raises(Malformed, match="score"):
        native.score(value, "score")


def test_a_close_says_all_that_leaving_would() -> None:
    occasion = Occasion("42", "email", 1_772_448_060_000)
    leaving = {"pending": ("ticket-resumed", {"reason": "customer"})}
    entering = {"solved": ("ticket-closed", {"reason": "resolved"}), "hold": ("ticket-paused", {"reason": "on_hold"})}
    told = [
        [d.fields["type"] for d in steps(occasion, "pending", to, leaving, entering)] for to in ("solved", "hold", "x")
    ]
    assert told == [["ticket-closed"], ["ticket-resumed", "ticket-paused"], ["ticket-resumed"]]
    instants = [d.fields["occurred_at"] for d in steps(occasion, "pending", "hold", leaving, entering)]
    assert instants == ["2026-03-02T10:41:00Z", "2026-03-02T10:41:00.001Z"]
