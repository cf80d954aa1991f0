import pytest

from app import config
from app.cli.board.limits import Tone, limits_of

_LIMITS_OF = limits_of(
    config.parse("""
defaults: {objective: 0.9, at_risk: 0.5, sla: {first_response: 100s, next_response: 10s}}
channels: {phone: {objective: 0.8, sla: {first_response: 20s}}}
""")
)


@pytest.mark.parametrize(
    ("share", "tone"), [(None, "faint"), (0.95, "good"), (0.9, "good"), (0.85, "watch"), (0.7, "bad")]
)
def test_attainment_is_measured_against_the_objective(share: float | None, tone: Tone) -> None:
    assert _LIMITS_OF("email").of_share(share) == tone


@pytest.mark.parametrize(
    ("seconds", "tone"), [(None, "faint"), (49, "plain"), (50, "watch"), (100, "watch"), (101, "bad")]
)
def test_durations_are_measured_against_the_target(seconds: float | None, tone: Tone) -> None:
    assert _LIMITS_OF("email").of_seconds(seconds, "first_response") == tone


def test_a_channel_has_its_own_promises() -> None:
    assert (_LIMITS_OF("phone").of_share(0.85), _LIMITS_OF("phone").of_seconds(21, "first_response")) == ("good", "bad")


def test_all_channels_together_have_no_target() -> None:
    assert _LIMITS_OF("all").of_seconds(1e9, "next_response") == "plain"
