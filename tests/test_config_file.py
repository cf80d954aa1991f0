from pathlib import Path

import pytest

from app.config_file import Problem, read_file, read_text
from app.errors import ConfigurationError


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        read_text(text, "c.yaml")
    return str(refused.value)


def test_values_know_their_lines() -> None:
    file = read_text("a: 1\nb:\n  c: [2,\n    3]\n", "c.yaml")
    assert file.values == {"a": 1, "b": {"c": [2, 3]}}
    assert [file.line(place) for place in [("a",), ("b",), ("b", "c"), ("b", "c", 1)]] == [1, 2, 3, 4]


def test_what_is_not_written_has_the_line_of_what_is_around_it() -> None:
    assert read_text("a: 1\nb:\n  c: 2\n", "c.yaml").line(("b", "d", "e")) == 2


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "~"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert read_text(text, "c.yaml").values == {}


@pytest.mark.parametrize(
    "plain", ["no", "on", "off", "1:30", "010", "0x10", "1_000", "2026-03-02", "1e3", ".inf", "<<"]
)
def test_what_older_yaml_would_reinterpret_is_text(plain: str) -> None:
    assert read_text(f"a: {plain}", "c.yaml").values == {"a": plain}


@pytest.mark.parametrize(
    ("plain", "value"), [("true", True), ("0", 0), ("-7", -7), ("0.8", 0.8), ("1.0e3", 1000.0), ("~", None), ("", None)]
)
def test_plain_words_mean_what_yaml_1_2_says(plain: str, value: object) -> None:
    assert read_text(f"a: {plain}", "c.yaml").values == {"a": value}


def test_a_key_that_stands_twice_is_refused() -> None:
    assert complaint("a: 1\nb: 2\na: 3\n") == "c.yaml:3: `a` stands in line 1 too; keep one"


def test_a_key_that_stands_twice_in_one_line_is_refused() -> None:
    assert complaint("{a: 1, a: 2}") == "c.yaml:1: `a` stands in line 1 too; keep one"


def test_one_part_may_stand_in_two_places() -> None:
    assert read_text("a: &part {x: 1}\nb: *part\n", "c.yaml").values == {"a": {"x": 1}, "b": {"x": 1}}


def test_a_key_must_be_text() -> None:
    assert complaint("1: a") == 'c.yaml:1: a key must be text: write "1" in quotes'


@pytest.mark.parametrize("text", ["- a", "hello", "3"])
def test_a_file_is_keys_with_values(text: str) -> None:
    assert "must be keys with values" in complaint(text)


@pytest.mark.parametrize(
    "text", ["a: [1", "a: b: c", "a: \x07", "--- 1\n--- 2", "a: !!python/name:os.system ''", "\ta: 1"]
)
def test_what_is_not_yaml_says_where(text: str) -> None:
    assert complaint(text).startswith("c.yaml:")


def test_a_tag_is_refused() -> None:
    assert "remove it" in complaint("a: !!python/name:os.system {}")


def test_a_part_that_holds_itself_ends() -> None:
    assert "nested deeper" in complaint("a: &a\n  b: *a\n")


def test_problems_come_in_the_order_of_the_file_and_once() -> None:
    file = read_text("a: 1\nb: 2\n", "c.yaml")
    with pytest.raises(ConfigurationError) as refused:
        file.refuse([Problem(("b",), "two"), Problem(("a",), "one"), Problem(("b",), "two")])
    assert str(refused.value) == "c.yaml:1: one\nc.yaml:2: two"


def test_a_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CAREBEAT_CONFIG"):
        read_file(tmp_path / "none.yaml")


def test_a_file_must_be_utf_8(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"a: \xe4")
    with pytest.raises(ConfigurationError, match="UTF-8 at byte 3"):
        read_file(tmp_path / "c.yaml")
