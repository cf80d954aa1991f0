"""What a flush of one partition puts on the topics, beside its figures."""

import json

from app.config import parse
from app.kpi.partition import Partition
from app.streams.track import TicketLink, Track
from schemas.sla import SlaTransition
from tests.kpi.story import records, rules

CONFIG = """
defaults: {ticket_url: "https://desk.example/t/{ticket_id}"}
channels: {web: , email: {ticket_url: off}}
"""
STORY = "10:00 message ticket=a in=web, 10:00 message ticket=b in=email, 10:05 reply ticket=a, 10:05 reply ticket=b"


def links(link: TicketLink | None) -> dict[str, str | None]:
    """Ticket -> where its transition says that it is opened."""
    track = Track(Partition(0, 1, rules()), "support.", lambda *_: None, link)
    track.apply(list(records(STORY)))
    values = [output.value or b"" for output in track.take().outputs if output.topic == "support.sla"]
    return {said.ticket_id: said.ticket_url for said in map(SlaTransition.model_validate_json, values)}


def test_a_transition_says_where_its_ticket_is_opened() -> None:
    assert links(parse(CONFIG).ticket_links()) == {"a": "https://desk.example/t/a", "b": None}


def test_without_a_template_nothing_is_asked_or_said() -> None:
    link = parse("channels: {web: , email: }").ticket_links()
    assert link is None
    assert links(link) == {"a": None, "b": None}


def test_a_quick_link_is_the_link() -> None:
    config = parse(CONFIG)
    link = config.ticket_links()
    assert link is not None
    for channel in ("web", "email", "other", "web"):
        assert link("t/1", channel) == config.ticket_link("t/1", channel)


def test_the_record_names_no_link_where_there_is_none() -> None:
    track = Track(Partition(0, 1, rules()), "support.", lambda *_: None)
    track.apply(list(records(STORY)))
    (first, *_) = [json.loads(output.value or b"") for output in track.take().outputs if output.topic == "support.sla"]
    assert "ticket_url" not in first
