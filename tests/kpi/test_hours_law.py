"""Laws of business time, around changes of clocks, against a walk through every minute."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from hypothesis import assume, given, reject
from hypothesis import strategies as st

from app.kpi.business_hours import NeverOpensError, Schedule
from app.kpi.instants import NEVER
from app.kpi.openings import CLOSED, Hours, Timetable
from tests.kpi.walk import MINUTE_MS, Counted, Walk, walk

CHANGES = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04"),  # half an hour
    ("Australia/Lord_Howe", "2026-04-05"),
    ("America/Sao_Paulo", "2015-10-18"),  # at midnight
    ("America/Sao_Paulo", "2016-02-21"),
    ("America/Havana", "2026-03-08"),
    ("Asia/Pyongyang", "2015-08-15"),  # half an hour, for good
    ("Asia/Pyongyang", "2018-05-05"),
    ("America/Caracas", "2007-12-09"),
    ("America/Caracas", "2016-05-01"),
    ("Europe/Istanbul", "2016-09-07"),  # stays in summer time
    ("Pacific/Apia", "2011-12-30"),  # a day that never was
    ("Pacific/Kiritimati", "2027-01-01"),  # years end at other instants than in UTC
    ("Pacific/Pago_Pago", "2027-01-01"),
]
MARGIN_MINUTES = 3 * 1440
NEAR_MINUTES = 1440


@dataclass
class Office:
    """A schedule, and what a walk says of it."""

    schedule: Schedule
    walked: Walk

    @cached_property
    def counted(self) -> Counted:
        return Counted(self.walked, self.schedule.timetables)


CLOSED_MINUTE = st.integers(0, 24 * 12).map(lambda fives: fives * 5)


@st.composite
def intervals(draw: st.DrawFn) -> tuple[int, int]:
    opening = draw(CLOSED_MINUTE.filter(lambda minute: minute < 1440) | st.integers(0, 8).map(lambda half: 30 * half))
    length = draw(st.sampled_from([10, 30, 45, 90, 480, 600, 1440]) | st.integers(1, 1440))
    return opening, opening + length


HOURS = st.lists(intervals(), max_size=3).map(tuple)
DAYS = st.tuples(HOURS, HOURS, HOURS, HOURS, HOURS, HOURS, HOURS)
WEEK = DAYS.filter(any) | intervals().map(lambda daily: ((daily,),) * 7)


@st.composite
def offices(draw: st.DrawFn) -> Office:
    zone, changes_on = draw(st.sampled_from(CHANGES))
    middle = date.fromisoformat(changes_on).toordinal()
    days = st.integers(-3, 3).map(lambda step: middle + step)
    timetables = [draw(_timetables(days, st.just(1)))]
    if draw(st.booleans()):
        timetables.append(draw(_timetables(days, days)))
    try:
        return Office(Schedule(ZoneInfo(zone), timetables), walk(zone, changes_on))
    except NeverOpensError:
        reject()


def _timetables(days: st.SearchStrategy[int], valid_from: st.SearchStrategy[int]) -> st.SearchStrategy[Timetable]:
    dated: st.SearchStrategy[dict[int, Hours]] = st.dictionaries(days, HOURS, max_size=2)
    return st.builds(
        Timetable,
        week=WEEK,
        week_breaks=st.just(CLOSED) | DAYS,
        holidays=st.frozensets(days, max_size=2),
        special=dated,
        breaks=dated,
        valid_from=valid_from,
    )


def _instants(draw: st.DrawFn, office: Office, count: int) -> list[int]:
    """Within the walk; mostly near the change, often on a full minute or half an hour."""
    minutes = len(office.walked.walls)
    near = st.integers(minutes // 2 - NEAR_MINUTES, minutes // 2 + NEAR_MINUTES)
    minute = near | near.map(lambda at: at - at % 30) | st.integers(MARGIN_MINUTES, minutes - MARGIN_MINUTES)
    rest_ms = st.just(0) | st.integers(0, MINUTE_MS - 1)
    return sorted(office.walked.instant_ms(draw(minute)) + draw(rest_ms) for _ in range(count))


@st.composite
def spans(draw: st.DrawFn, instants: int) -> tuple[Office, list[int]]:
    office = draw(offices())
    return office, _instants(draw, office, instants)


TARGETS = st.integers(1, 40 * 60).map(lambda minutes: minutes * MINUTE_MS) | st.integers(1, 40 * 60 * MINUTE_MS)


@given(spans(2))
def test_open_time_is_what_a_walk_counts(given_: tuple[Office, list[int]]) -> None:
    office, (start_ms, end_ms) = given_
    assert office.schedule.open_ms(start_ms, end_ms) == office.counted.open_ms(start_ms, end_ms)


@given(spans(1), TARGETS)
def test_a_target_is_due_where_a_walk_has_used_it_up(given_: tuple[Office, list[int]], target_ms: int) -> None:
    office, (start_ms,) = given_
    end_ms = office.walked.instant_ms(len(office.walked.walls) - MARGIN_MINUTES)
    due_ms = office.schedule.due_ms(start_ms, target_ms)
    walked_ms = office.counted.due_ms(start_ms, target_ms)
    if due_ms < end_ms or (walked_ms is not None and walked_ms < end_ms):
        assert due_ms == walked_ms


@given(spans(1), TARGETS)
def test_due_is_the_first_instant_at_which_the_target_is_used_up(
    given_: tuple[Office, list[int]], target_ms: int
) -> None:
    office, (start_ms,) = given_
    due_ms = office.schedule.due_ms(start_ms, target_ms)
    assume(due_ms != NEVER)
    assert office.schedule.open_ms(start_ms, due_ms) == target_ms
    assert office.schedule.open_ms(start_ms, due_ms - 1) == target_ms - 1


@given(spans(1), TARGETS, TARGETS)
def test_targets_add_up(given_: tuple[Office, list[int]], first_ms: int, second_ms: int) -> None:
    """What is left of a target at some instant is due when the whole is; so a due instant grows with its target."""
    office, (start_ms,) = given_
    due_ms = office.schedule.due_ms
    part_due_ms, whole_due_ms = due_ms(start_ms, first_ms), due_ms(start_ms, first_ms + second_ms)
    assume(part_due_ms != NEVER)
    assert due_ms(part_due_ms, second_ms) == whole_due_ms > part_due_ms


@given(spans(2), TARGETS)
def test_who_starts_later_is_never_due_earlier(given_: tuple[Office, list[int]], target_ms: int) -> None:
    office, (start_ms, later_ms) = given_
    assert (
        start_ms + target_ms
        <= office.schedule.due_ms(start_ms, target_ms)
        <= office.schedule.due_ms(later_ms, target_ms)
    )


@given(spans(2))
def test_open_time_of_a_span_as_a_target_is_due_within_it(given_: tuple[Office, list[int]]) -> None:
    """After it nothing is open until the end; a millisecond more is due after the end."""
    office, (start_ms, end_ms) = given_
    open_ms = office.schedule.open_ms(start_ms, end_ms)
    due_ms = office.schedule.due_ms(start_ms, open_ms)
    assert start_ms <= due_ms <= end_ms
    assert office.schedule.open_ms(due_ms, end_ms) == 0
    assert office.schedule.due_ms(start_ms, open_ms + 1) > end_ms


@given(spans(3))
def test_spans_add_up(given_: tuple[Office, list[int]]) -> None:
    office, (first, second, third) = given_
    open_ms = office.schedule.open_ms
    assert open_ms(first, second) + open_ms(second, third) == open_ms(first, third)


@given(spans(3))
def test_a_longer_span_is_never_shorter_and_no_span_exceeds_real_time(given_: tuple[Office, list[int]]) -> None:
    office, (first, second, third) = given_
    open_ms = office.schedule.open_ms
    assert 0 <= open_ms(first, second) <= open_ms(first, third) <= third - first


@given(spans(1))
def test_openings_closings_and_open_instants_are_those_of_a_walk(given_: tuple[Office, list[int]]) -> None:
    """Also at the very instants: open from the opening on, at the closing no more."""
    office, (at_ms,) = given_
    minute = (at_ms - office.walked.instant_ms(0)) // MINUTE_MS
    open_ = office.counted.open
    assert office.schedule.is_open(at_ms) == open_[minute]
    end = len(open_) - MARGIN_MINUTES
    for is_opening, found_ms in (
        (True, office.schedule.next_opening_ms(at_ms)),
        (False, office.schedule.next_closing_ms(at_ms)),
    ):
        turns = (at for at in range(minute + 1, end) if open_[at] is is_opening and open_[at - 1] is not is_opening)
        first = next(turns, None)
        if first is None:
            assert found_ms >= office.walked.instant_ms(end)
        else:
            assert found_ms == office.walked.instant_ms(first)
            at_and_before = office.schedule.is_open(found_ms), office.schedule.is_open(found_ms - 1)
            assert at_and_before == (is_opening, not is_opening)


@given(spans(2), st.lists(st.integers(2010, 2030), max_size=2))
def test_an_answer_does_not_depend_on_what_was_asked_before(given_: tuple[Office, list[int]], years: list[int]) -> None:
    office, (start_ms, end_ms) = given_
    fresh = Schedule(office.schedule.zone, office.schedule.timetables)
    for year in years:
        fresh.is_open((year - 1970) * 31_556_952_000)
    assert fresh.open_ms(start_ms, end_ms) == office.schedule.open_ms(start_ms, end_ms)
