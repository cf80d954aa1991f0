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


@pytest.mark.parametrize(
    ("seconds", "tone"), [(None, "faint"), (10, "plain"), (11, "watch"), (100, "watch"), (101, "bad")]
)
def test_the_oldest_wait_is_late_for_one_reply_or_for_both(seconds: float | None, tone: Tone) -> None:
    assert _LIMITS_OF("email").of_oldest_wait(seconds) == tone


def test_a_longer_promise_of_a_policy_holds_for_the_oldest_wait() -> None:
    policies = "policies: [{name: slow, match: {priority: low}, sla: {next_response: 2d}}]"
    limits = limits_of(config.parse("channels: {email: {sla: {first_response: 1h, next_response: 1h}}}\n" + policies))
    assert limits("email").of_oldest_wait(86_400) == "watch"


def test_calendar_time_is_not_held_against_targets_in_opening_hours() -> None:
    """A wait over a weekend is old and in time."""
    text = """
schedules: {office: {zone: UTC, week: {mon-fri: "09:00-17:00"}}}
channels: {email: {schedule: office, sla_schedule: office}, phone: {schedule: office}}
"""
    email, phone = (limits_of(config.parse(text))(channel) for channel in ("email", "phone"))
    assert email.of_seconds(1e9, "first_response") == email.of_seconds(1e9, "next_response") == "plain"
    assert (email.of_oldest_wait(1e9), phone.of_oldest_wait(1e9)) == ("plain", "bad")
