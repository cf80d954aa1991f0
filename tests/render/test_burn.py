import pytest

from app import config
from app.errors import ConfigurationError
from app.render.burn import BURNS, breach_ratio, factor, objective_groups
from app.render.rules import alerts

FAST, STEADY, SLOW = BURNS


@pytest.mark.parametrize(
    ("objective", "factors"),
    [
        (0.99, (4.8, 2, 1)),
        (0.9, (4.8, 2, 1)),
        (0.8, (4, 2, 1)),
        (0.5, (1.6, 1.6, 1)),
        (0.1, (1, 1, 1)),
    ],
)
def test_a_factor_is_a_share_of_the_day_as_far_as_the_objective_lets_it_be(
    objective: float, factors: tuple[float, ...]
) -> None:
    assert [factor(burn, objective) for burn in BURNS] == pytest.approx(factors)


def test_the_usual_factors_are_refused_where_they_could_never_fire() -> None:
    assert breach_ratio(14.4, 0.99, "x") == 0.144
    for usual, objective in ((14.4, 0.9), (6, 0.8)):
        with pytest.raises(ConfigurationError, match="could never fire"):
            breach_ratio(usual, objective, "x")


def test_a_refusal_names_value_limit_and_way_out() -> None:
    with pytest.raises(ConfigurationError) as refused:
        alerts(config.parse("channels: {chat: {objective: 0.04}, email: }"))
    assert str(refused.value) == (
        "objective 0.04 of chat leaves a budget of 96%: an alert at 1 times its even pace needs 96% breaches and could "
        "never fire (limit 95%). Raise the objective above 0.05."
    )


@pytest.mark.parametrize("objective", [0.06, 0.2, 0.5, 0.8, 0.9, 0.99, 0.999])
def test_every_derived_alert_can_fire_and_none_within_the_objective(objective: float) -> None:
    for burn in BURNS:
        assert 1 - objective <= breach_ratio(factor(burn, objective), objective, "x") + 1e-4 < 0.95


def test_channels_that_share_an_objective_share_an_alert() -> None:
    made = objective_groups(config.parse("channels: {a: {objective: 0.8}, b: , c.d: {objective: 0.8}}"))
    assert [(group.objective, group.matcher) for group in made] == [
        (0.9, r'channel!~"a|c\\.d"'),
        (0.8, r'channel=~"a|c\\.d"'),
    ]


def test_one_objective_for_all_needs_no_names() -> None:
    assert [group.matcher for group in objective_groups(config.parse("channels: {a: , b: {objective: 0.9}}"))] == [""]
