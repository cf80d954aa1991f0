import pytest

from app.cli.board.words import NOTHING, count_text, safe_text, seconds_text, share_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, NOTHING),
        (0, "0.0s"),
        (4.24, "4.2s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (252, "4m12s"),
        (3599.4, "59m59s"),
        (11_100, "3h05m"),
        (86_399, "23h59m"),
        (1_047_600, "12d03h"),
        (9_000_000, "104d"),
    ],
)
def test_durations_have_six_characters_at_most(seconds: float | None, text: str) -> None:
    assert seconds_text(seconds) == text
    assert len(text) <= 6


@pytest.mark.parametrize(
    ("count", "text"), [(None, NOTHING), (0, "0"), (9999, "9,999"), (123_456, "123k"), (4_560_000, "4.6M")]
)
def test_counts_have_five_characters_at_most(count: int | None, text: str) -> None:
    assert count_text(count) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, NOTHING), (0.0, "0%"), (0.29, "29%"), (0.999, "99%"), (1.0, "100%")]
)
def test_nearly_all_is_not_all(share: float | None, text: str) -> None:
    assert share_text(share) == text


def test_foreign_text_cannot_steer_the_terminal() -> None:
    assert safe_text("a\x1b[31mb\u202ec\nü", 20) == "a\\x1b[31mb\\u202ec\\nü"


def test_long_text_is_cut() -> None:
    assert safe_text("abcdef", 3) == "abc…"
