from app.cli.stage.tally import Counted, Sent
from app.cli.stage.verdict import shortfalls, summary
from tests.cli.records import encoded, window


def _sent(**tickets: int) -> Sent:
    return Sent(100, {channel: {f"t{number}" for number in range(count)} for channel, count in tickets.items()})


def _counted(**tickets: int) -> Counted:
    counted = Counted()
    for channel, count in {**tickets, "all": sum(tickets.values())}.items():
        counted.take(encoded(window(channel, counts={"tickets_opened": count, "waits_answered": 4})))
    return counted


def test_all_is_well_when_every_ticket_was_counted_in_its_channel() -> None:
    assert list(shortfalls(_sent(x=3, y=4), _counted(x=3, y=4), is_ready=True)) == []


def test_a_channel_without_figures_is_named() -> None:
    assert list(shortfalls(_sent(x=3, y=4), _counted(x=3), is_ready=True)) == ["no figures for y"]


def test_a_ticket_too_few_is_a_shortfall() -> None:
    assert list(shortfalls(_sent(x=3), _counted(x=2), is_ready=True)) == ["x: 2 tickets counted, 3 sent"]


def test_a_worker_that_is_not_ready_is_a_shortfall() -> None:
    assert list(shortfalls(_sent(x=3), _counted(x=3), is_ready=False)) == ["the worker is not ready"]


def test_dead_letters_are_a_shortfall() -> None:
    counted = _counted(x=3)
    counted.dead_letters = 2
    assert list(shortfalls(_sent(x=3), counted, is_ready=True)) == ["2 made-up events became dead letters"]


def test_silence_is_a_shortfall() -> None:
    assert list(shortfalls(Sent(), Counted(), is_ready=True)) == ["no event was sent"]


def test_the_summary_sets_both_sides_against_each_other() -> None:
    lines = summary(_sent(x=1200), _counted(x=1200), posts=40, restarts=2).splitlines()
    assert lines == [
        "events sent       100 in 40 signed webhooks through the gateway",
        "tickets opened    1,200 of 1,200 sent",
        "waits answered    4",
        "SLA               8 met, 2 breached",
        "restarts          2",
    ]
