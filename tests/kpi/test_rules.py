"""Which rules hold in which channel."""

from tests.kpi.story import HOUR, rules

LISTED = "channels: {web: {close_after_silence: 2h}}"


def test_a_channel_has_its_own_rules() -> None:
    assert rules(LISTED).of("web").silence_ms == 2 * HOUR


def test_other_channels_have_the_defaults() -> None:
    made = rules(LISTED)
    assert made.of("email") == made.default


def test_by_channel_says_the_same() -> None:
    made = rules(LISTED)
    by_channel = made.by_channel()
    assert [by_channel[name] for name in ("web", "email", "")] == [made.of(name) for name in ("web", "email", "")]


def test_by_channel_does_not_grow_without_end() -> None:
    by_channel = rules(LISTED).by_channel()
    for number in range(20_000):
        assert by_channel[f"c{number}"].silence_ms is None
    assert len(by_channel) <= 10_000
