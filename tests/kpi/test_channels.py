"""Whose channel name counts, and that no sender can fill a partition with names."""

from app.kpi.channels import Channels
from app.kpi.levels import Level
from app.kpi.partials import Progress, encode
from app.kpi.rules import MOST_CHANNELS
from tests.kpi.story import Desk, event, ms, record, rules

LISTED = "channels: {web: }"
RECORD_LIMIT_BYTES = 1_000_000
"""A little less than Kafka's."""


def crowd(desk: Desk, first: int, last: int, when: str) -> Desk:
    """As many tickets open at once, each in a channel whose name is as long as can be."""
    at_ms = ms(when)
    desk.read(
        [
            record(n, event(n, at_ms, "message", ticket_id=f"t{n}", channel=f"{n:05}".ljust(64, "-")))
            for n in range(first, last)
        ]
    )
    return desk


def progress_of(desk: Desk) -> Progress:
    """What a flush says of the levels."""
    progress = desk.take().partials[-1]
    assert isinstance(progress, Progress)
    return progress


def test_a_channel_outside_a_closed_list_is_other() -> None:
    channels = Channels(rules(LISTED))
    assert [channels.admit("web"), channels.admit("email"), channels.take()] == ["web", "other", []]


def test_without_a_list_every_channel_is_itself() -> None:
    channels = Channels(rules())
    assert [channels.admit("email"), channels.admit("web"), channels.take()] == ["email", "web", ["email", "web"]]


def test_the_first_names_are_taken_and_the_rest_is_other() -> None:
    channels = Channels(rules())
    taken = [f"c{n}" for n in range(MOST_CHANNELS)]
    assert [channels.admit(name) for name in taken] == taken
    assert [channels.admit(name) for name in ("late", "c0", "later")] == ["other", "c0", "other"]


def test_listed_channels_need_no_room() -> None:
    channels = Channels(rules(f"{LISTED}\nunlisted_channels: accept"))
    for n in range(MOST_CHANNELS):
        channels.admit(f"c{n}")
    assert [channels.admit("web"), channels.admit("late")] == ["web", "other"]


def test_levels_of_as_many_channels_as_senders_like_fit_into_one_record() -> None:
    desk = crowd(Desk(), 0, 12_000, "10:00")
    progress = progress_of(desk)
    assert len(encode(progress)) < RECORD_LIMIT_BYTES / 4
    assert (progress.levels["other"].open, progress.levels["all"].open) == (12_000 - MOST_CHANNELS, 12_000)
    assert desk.partition.counters["crowded"] == 12_000 - MOST_CHANNELS
    assert len(desk.partition.position()) < RECORD_LIMIT_BYTES / 4


def test_a_restart_forgets_no_name_though_all_its_tickets_are_forgotten() -> None:
    desk = crowd(Desk("forget: {open: 400d}"), 0, MOST_CHANNELS, "10:00").tell("d500 10:00 now")
    assert progress_of(desk).levels == {"all": Level(0, 0, None)}
    crowd(desk.restart(), 990, 1_010, "d500 11:00")
    levels = progress_of(desk).levels
    assert (levels["other"].open, len(levels)) == (10, 10 + len(("other", "all")))


def test_a_restart_amid_the_crowd_changes_nothing() -> None:
    whole = crowd(Desk(), 0, 1_500, "10:00")
    halves = crowd(crowd(Desk(), 0, 700, "10:00").restart(), 700, 1_500, "10:00")
    whole.take(), halves.take()
    assert whole.parts == halves.parts
    assert {key: value for key, value in whole.entries.items() if key.startswith(b"c")} == {
        key: value for key, value in halves.entries.items() if key.startswith(b"c")
    }
