import pytest

from app.cli.meter import Meter, rate_text


def test_the_recent_rate_forgets_what_is_long_ago() -> None:
    now = [0.0]
    meter = Meter(lambda: now[0])
    for second in range(1, 21):  # 100 a second, then 10
        now[0] = float(second)
        meter.reached(1000 + (second - 10) * 10 if second > 10 else second * 100)
    assert meter.recent_rate == pytest.approx(10)
    assert meter.mean_rate == pytest.approx(1100 / 20)


@pytest.mark.parametrize(("rate", "text"), [(0.04, "0.0/s"), (20.16, "20.2/s"), (39_812.4, "39,812/s")])
def test_rates_are_as_exact_as_makes_sense(rate: float, text: str) -> None:
    assert rate_text(rate) == text
