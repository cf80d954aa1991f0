"""How many are open and waiting, now and at the end of each minute."""

from app.kpi.levels import ALL, Level, Levels, Note, total
from app.kpi.state import TicketLevel
from tests.kpi.story import HOUR, MINUTE, told

OPEN: TicketLevel = ("web", None, None, True, 0, 0)


def waiting(since_ms: int, channel: str = "web") -> TicketLevel:
    return channel, None, since_ms, True, 0, 0


def test_a_ticket_moves_from_what_it_was_to_what_it_is() -> None:
    levels = Levels()
    levels.move(None, waiting(5))
    levels.move(waiting(5), OPEN)
    assert levels.present()["web"] == Level(1, 0, None)


def test_a_closed_ticket_leaves_the_levels() -> None:
    levels = Levels()
    levels.move(None, waiting(5))
    levels.move(waiting(5), None)
    assert levels.present()["web"] == Level(0, 0, None)


def test_the_oldest_wait_is_the_earliest_start() -> None:
    levels = Levels()
    for since_ms in (7, 5, 9):
        levels.move(None, waiting(since_ms))
    assert levels.present()["web"].oldest_wait_ms == 5
    levels.move(waiting(5), None)
    assert levels.present()["web"].oldest_wait_ms == 7


def test_waits_of_one_instant_are_told_apart() -> None:
    levels = Levels()
    levels.move(None, waiting(5))
    levels.move(None, waiting(5))
    levels.move(waiting(5), None)
    assert levels.present()["web"] == Level(1, 1, 5)


def test_the_oldest_wait_is_right_after_many_that_are_gone() -> None:
    levels = Levels()
    for since_ms in range(5_000):
        levels.move(None, waiting(since_ms))
    for since_ms in range(4_999, 10, -1):
        levels.move(waiting(since_ms), None)
    assert levels.present()["web"] == Level(11, 11, 0)
    for since_ms in range(10):
        levels.move(waiting(since_ms), None)
    assert levels.present()["web"] == Level(1, 1, 10)


def test_all_channels_together() -> None:
    levels = Levels()
    levels.move(None, waiting(7, "web"))
    levels.move(None, waiting(5, "email"))
    assert levels.present()[ALL] == Level(2, 2, 5)


def test_levels_add_up() -> None:
    assert total([Level(1, 0, None), Level(2, 1, 7), Level(3, 2, 5)]) == Level(6, 3, 5)


def test_nothing_adds_up_to_nothing() -> None:
    assert total([]) == Level(0, 0, None)


def test_figures_are_kept_by_priority() -> None:
    desk = told("10:00 message priority=high, 10:01 label priority=low")
    assert desk.partition.levels.channels["web"].by_priority == {"high": [0, 0, 0, 0, 0], "low": [1, 1, 1, 0, 0]}


def test_the_level_at_the_end_of_a_minute_is_noted_when_the_next_one_begins() -> None:
    #  0            60 s          120 s
    #  |-- opened --|-- closed ---|
    #          note: 1       note: 0
    levels = Levels()
    levels.enter(10)
    levels.move(None, OPEN)
    levels.enter(MINUTE - 1)
    assert levels.take_notes() == []
    levels.enter(MINUTE)
    levels.move(OPEN, None)
    assert levels.take_notes() == [Note("web", MINUTE, Level(1, 0, None)), Note(ALL, MINUTE, Level(1, 0, None))]
    levels.enter(2 * MINUTE)
    assert levels.take_notes() == [Note("web", 2 * MINUTE, Level(0, 0, None)), Note(ALL, 2 * MINUTE, Level(0, 0, None))]


def test_a_minute_in_which_nothing_changed_is_not_noted() -> None:
    levels = Levels()
    levels.enter(10)
    levels.move(None, OPEN)
    levels.enter(MINUTE)
    levels.take_notes()
    levels.enter(HOUR)
    assert levels.take_notes() == []


def test_a_note_after_a_jump_is_of_the_minute_in_which_it_changed() -> None:
    levels = Levels()
    levels.enter(10)
    levels.move(None, OPEN)
    levels.enter(HOUR)
    assert [note.end_ms for note in levels.take_notes()] == [MINUTE, MINUTE]


def test_what_changed_in_the_running_minute_is_noted_though_another_resumes() -> None:
    levels = Levels()
    levels.resume(10, ["web"])
    levels.enter(MINUTE)
    assert levels.take_notes() == [Note("web", MINUTE, Level(0, 0, None)), Note(ALL, MINUTE, Level(0, 0, None))]


def test_restarting_gives_the_levels_again() -> None:
    desk = told(
        "10:00 message priority=high, 10:01 message ticket=t2 in=email, 10:02 reply, 10:03 close ticket=t2, 15:00 now"
    )
    before = desk.gauges("web"), desk.level("web"), desk.level("email")
    desk.restart()
    assert (desk.gauges("web"), desk.level("web"), desk.level("email")) == before
