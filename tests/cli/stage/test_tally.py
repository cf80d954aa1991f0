from app.cli.stage.tally import Counted, Sent
from app.traffic.simulator import Due
from tests.cli.records import at, encoded, window


def _due(channel: str, ticket: str) -> Due:
    return Due(0, {"channel": channel, "ticket_id": ticket})


def test_an_event_counts_once_the_next_one_is_asked_for() -> None:
    sent = Sent()
    source = sent.watching([_due("x", "a"), _due("x", "a"), _due("y", "b")], lambda: False)
    next(source)
    assert sent.events == 0
    next(source)
    assert (sent.events, sent.tickets) == (1, {"x": {"a"}})


def test_all_events_count_when_the_traffic_ends() -> None:
    sent = Sent()
    list(sent.watching([_due("x", "a"), _due("x", "a"), _due("y", "b")], lambda: False))
    assert (sent.events, sent.ticket_count) == (3, 2)


def test_traffic_that_is_over_goes_no_further() -> None:
    sent = Sent()
    assert list(sent.watching([_due("x", "a")], lambda: True)) == []
    assert sent.events == 0


def test_hours_add_up_by_their_newest_revision() -> None:
    #   09          10          11
    #   |---- 2 ----|- 5, 6 --> |
    counted = Counted()
    for start, revision, opened in ((at(-60), 1, 2), (at(0), 3, 6), (at(0), 2, 5)):
        counts = {"tickets_opened": opened, "waits_answered": 1}
        counted.take(encoded(window("all", start=start, revision=revision, counts=counts)))
    assert (counted.tickets_opened(), counted.waits_answered) == (8, 2)
    assert (counted.met, counted.breached) == (16, 4)


def test_other_windows_and_channels_do_not_count_twice() -> None:
    counted = Counted()
    for record in (window("all"), window("x"), window("all", "day"), window("all", "minute")):
        counted.take(encoded(record))
    assert (counted.tickets_opened(), counted.tickets_opened("x"), counted.tickets_opened("y")) == (12, 12, 0)
