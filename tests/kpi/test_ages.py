"""Open tickets by the age of their round."""

import random

from hypothesis import given
from hypothesis import strategies as st

from app.kpi.ages import BANDS, Ages
from tests.kpi.story import DAY, HOUR, MINUTE, ms, told

#   band        0          1          2           3          4
#   age    0 -------- 1 h ------ 4 h ------ 24 h ------ 3 d ------>

ENDS_MS = (HOUR, 4 * HOUR, DAY, 3 * DAY)


def counted(begun_ms: list[int], now_ms: int) -> tuple[int, ...]:
    """What the bands must be: every round looked at, in whole minutes."""
    ages_ms = [now_ms // MINUTE * MINUTE - begun // MINUTE * MINUTE for begun in begun_ms]
    bands = [sum(age_ms >= end_ms for end_ms in ENDS_MS) for age_ms in ages_ms]
    return tuple(bands.count(index) for index in range(len(BANDS)))


def test_a_round_grows_older_band_by_band() -> None:
    ages = Ages()
    ages.add(0, 1)
    seen = [ages.bands(now_ms).index(1) for end_ms in ENDS_MS for now_ms in (end_ms - 1, end_ms)]
    assert seen == [0, 1, 1, 2, 2, 3, 3, 4]


def test_a_jump_moves_it_over_several_bands() -> None:
    ages = Ages()
    ages.add(0, 1)
    assert ages.bands(10 * DAY) == (0, 0, 0, 0, 1)


def test_what_is_older_than_every_band_can_still_go() -> None:
    ages = Ages()
    ages.add(0, 1)
    ages.add(0, 1)
    ages.bands(4 * DAY)
    ages.add(0, -1)
    assert ages.bands(4 * DAY) == (0, 0, 0, 0, 1)


def test_an_old_round_that_is_read_late_is_old_at_once() -> None:
    ages = Ages()
    ages.bands(4 * DAY)
    ages.add(0, 1)
    assert ages.bands(4 * DAY) == (0, 0, 0, 0, 1)


def test_minutes_that_are_past_all_bands_are_not_kept() -> None:
    ages = Ages()
    for minute in range(10_000):
        ages.add(minute * MINUTE, 1)
        ages.bands(minute * MINUTE)
    assert len(ages._begun) == 3 * 24 * 60


@given(st.randoms(use_true_random=False))
def test_bands_are_those_of_all_rounds_that_are_open(chance: random.Random) -> None:
    ages = Ages()
    open_ms: list[int] = []
    now_ms = 0
    for _ in range(60):
        now_ms += chance.choice((0, MINUTE - 1, HOUR, 5 * HOUR, 2 * DAY))
        if open_ms and chance.random() < 0.4:
            ages.add(open_ms.pop(chance.randrange(len(open_ms))), -1)
        else:
            open_ms.append(max(0, now_ms - chance.choice((0, 30 * MINUTE, 3 * HOUR, 4 * DAY))))
            ages.add(open_ms[-1], 1)
        if chance.random() < 0.5:
            assert ages.bands(now_ms) == counted(open_ms, now_ms)
    assert ages.bands(now_ms) == counted(open_ms, now_ms)


def bands_of(story: str, at: str) -> dict[str, int]:
    channel = told(story).partition.levels.channels["web"]
    return {name: count for name, count in zip(BANDS, channel.ages.bands(ms(at)), strict=True) if count}


def test_reopening_makes_a_ticket_young_again() -> None:
    assert bands_of("10:00 message, d2 10:00 close, d2 12:00 reopen", "d2 12:30") == {"under_1h": 1}


def test_an_earlier_beginning_that_is_read_later_counts() -> None:
    assert bands_of("10:00 message id=b, 12:31 message ticket=t2, 09:00 message id=a", "13:30") == {
        "under_1h": 1,
        "4h_to_24h": 1,
    }


def test_a_closed_ticket_has_no_age() -> None:
    assert bands_of("10:00 message, 10:30 close", "11:00") == {}
