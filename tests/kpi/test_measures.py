"""The catalogue names all that the core can give."""

from app.kpi.measures import COUNT_NAMES, DURATION_NAMES, REVENUE, SLA_METRICS, SLA_OUTCOMES, sla_measure
from tests.kpi.promised import everything
from tests.kpi.story import Desk, told

LIVES = """10:00 message, 10:01 reply bot, 10:02 handover, 10:03 reply, 10:04 close, 10:05 message, 10:06 close,
10:00 message ticket=t5 sentiment=positive quick_reply=yes, 10:01 assign anna ticket=t5 team=a, 10:05 reply who=anna ticket=t5,
10:10 pause customer ticket=t5, 10:20 resume ticket=t5, 10:30 close ticket=t5, 10:31 survey ticket=t5, 10:32 answer 4 ticket=t5,
10:40 order ticket=t5 amount=12.50 currency=EUR, 10:50 offer ticket=t5, 18:00 message ticket=t6,
10:00 message ticket=t2, d2 11:00 reply ticket=t2, d2 12:00 message ticket=t2,
10:00 message ticket=t3, 10:01 close ticket=t3 as=bot,
10:00 message ticket=t4, 10:01 reply ticket=t4, 10:02 close ticket=t4, d30 10:00 now"""


def lived() -> Desk:
    return told(LIVES.replace("\n", " d1 "), everything("forget: {closed: 10d, open: 20d}"))


def test_every_count_is_in_the_catalogue_and_arises_in_a_channel_or_a_dimension() -> None:
    cells = [cell for (_, kind, _), cell in lived().parts.items() if kind == "hour"]
    arisen = {measure.partition("|")[0] for cell in cells for measure in cell.counts}
    assert arisen == {*COUNT_NAMES, REVENUE.name, "sla"}


def test_every_duration_is_in_the_catalogue_and_arises() -> None:
    assert set(lived().cell().durations) == set(DURATION_NAMES)


def test_every_verdict_is_counted_under_its_policy_and_version() -> None:
    desk = lived()
    names = {
        sla_measure(policy.name, policy.version, metric, end)
        for policy in desk.rules.default.policies
        for metric in SLA_METRICS
        for end in SLA_OUTCOMES
    }
    told_of = {measure for measure in desk.cell().counts if measure.startswith("sla|")}
    assert told_of
    assert told_of <= names
