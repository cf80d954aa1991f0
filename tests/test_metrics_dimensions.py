import pytest

from app.errors import ConfigurationError
from app.kpi.windows import Gathering
from app.metrics.dimensions import DimensionFlow, Summed


def gathered(**counts: int) -> Gathering:
    gathering = Gathering()
    gathering.counts.update({measure.replace("__", "|"): count for measure, count in counts.items()})
    return gathering


def test_replies_by_people_count_and_those_by_bots_do_not() -> None:
    flow = DimensionFlow({"team": 9})
    flow.add("team:a", gathered(replies_sent__agent=2, replies_sent__unknown=1, replies_sent__bot=5))
    assert flow.figures()["support_team_replies_sent_total"] == {"a": Summed(3)}


def test_the_mean_score_can_be_had() -> None:
    flow = DimensionFlow({"agent": 9})
    flow.add("agent:anna", gathered(survey_scores__5=2, survey_scores__1=1, surveys_answered=3))
    assert flow.figures()["support_agent_survey_score"] == {"anna": Summed(3, 11)}


def test_durations_are_added_up_in_milliseconds() -> None:
    flow = DimensionFlow({"tag": 9})
    gathering = Gathering()
    gathering.durations["response"] = [1_000, 2_000]
    flow.add("tag:vip", gathering)
    flow.add("tag:vip", gathering)
    assert flow.figures() == {"support_tag_response_seconds": {"vip": Summed(4, 6_000)}}


def test_closes_of_all_reasons_are_one_figure() -> None:
    flow = DimensionFlow({"topic": 9})
    flow.add("topic:money/refund", gathered(tickets_closed__resolved=2, tickets_closed__spam=1))
    assert flow.figures()["support_topic_tickets_closed_total"] == {"money/refund": Summed(3)}


def test_the_first_so_many_keep_their_name() -> None:
    flow = DimensionFlow({"tag": 2})
    for name in ("a", "b", "c", "d", "a"):
        flow.add(f"tag:{name}", gathered(messages_received=1))
    figures = flow.figures()["support_tag_messages_received_total"]
    assert (figures, flow.overflow) == ({"a": Summed(2), "b": Summed(1), "other": Summed(2)}, {"tag": 2})


def test_what_was_not_asked_for_is_left_out() -> None:
    flow = DimensionFlow({"tag": 2})
    flow.add("agent:anna", gathered(replies_sent__agent=1))
    assert flow.figures() == {}


def test_an_unknown_dimension_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="no metrics of mood; there are those of agent, team, topic, tag"):
        DimensionFlow({"mood": 3})
