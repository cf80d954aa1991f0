"""Which clock the first response has when its policy changes on the way: the one that it would have had from the start."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kpi.story import Desk, ms, told

CONFIG: Final = """
channels: {whatsapp: {sla: {first_response: 200m}}, email: {sla: {first_response: 4h}}}
policies: [{name: vip, match: {tags: vip}, clock: customer}]
"""
"""Nothing is due within the two hours of these stories."""
_STEPS: Final = ("message in=whatsapp", "message in=email", "reply bot", "handover", "handover bot")


Met = tuple[str, str, int, int]
"""Policy, channel, start, due of a promise that was kept."""


def met(desk: Desk) -> Met | None:
    """The first response in time; None where no clock ran when the answer came (a bot's answer had stopped it)."""
    kept = [said for said in desk.clocks if (said.metric, said.state) == ("first_response", "met")]
    return (kept[-1].policy, kept[-1].channel, kept[-1].started_ms, kept[-1].due_ms) if kept else None


def story(steps: list[str], label: str, place: int) -> str:
    """A minute for each step, the label at its place, a human reply at the end."""
    acts = ["message in=whatsapp", *steps]
    acts.insert(place, f"label in=whatsapp {label}")
    entries = [f"10:{minute:02d} {act}" for minute, act in enumerate(acts)]
    return ", ".join([*entries, "11:30 reply in=whatsapp"])


@pytest.mark.parametrize("label", ["tags=vip", "tags=null"])
@given(steps=st.lists(st.sampled_from(_STEPS), max_size=8), data=st.data())
def test_it_does_not_matter_when_the_label_came(label: str, steps: list[str], data: st.DataObject) -> None:
    other = "tags=null" if label == "tags=vip" else "tags=vip"
    place = data.draw(st.integers(1, len(steps) + 1))
    late = story(steps, label, place).replace("message in=whatsapp", f"message in=whatsapp {other}", 1)
    early = late.replace(other, label, 1)
    assert met(told(late, CONFIG)) == met(told(early, CONFIG))


def test_the_queue_clock_stays_where_the_queue_began() -> None:
    bounced = "10:00 message in=whatsapp tags=vip, 10:01 reply bot in=whatsapp, 10:02 message in=email"
    kept = met(told(f"{bounced}, 10:03 label tags=null in=email, 10:40 reply", CONFIG))
    assert kept == ("default", "email", ms("10:02"), ms("14:02"))


def test_the_customers_clock_stays_where_the_customer_began() -> None:
    bounced = "10:00 message in=whatsapp, 10:01 reply bot in=whatsapp, 10:02 message in=email"
    kept = met(told(f"{bounced}, 10:03 label tags=vip in=email, 10:40 reply", CONFIG))
    assert kept == ("vip", "whatsapp", ms("10:00"), ms("13:20"))


@pytest.mark.parametrize("clock", ["customer", "queue"])
def test_a_label_of_today_makes_no_news_of_an_old_message(clock: str) -> None:
    config = f"""
defaults: {{sla: {{first_response: 8d, next_response: 8d}}}}
policies: [{{name: vip, match: {{tags: vip}}, clock: {clock}}}]
"""
    desk = told("d9 10:00 now, d2 10:00 message, d9 10:01 label tags=vip, d10 10:01 now", config, "log")
    said = [(said.state, said.historic) for said in desk.clocks if said.metric == "first_response"]
    assert said[-1] == ("breached", True)
    assert {historic for _, historic in said} == {True}
    assert desk.verdicts("first_response") == {"historic": 1}
