"""The catalogue names all that the core can give."""

from app.kpi.measures import COUNT_NAMES, DURATION_NAMES, SLA_METRICS, SLA_OUTCOMES, sla_measure
from tests.kpi.story import Desk, told

LIVES = """10:00 message, 10:01 reply bot, 10:02 handover, 10:03 reply, 10:04 close, 10:05 message, 10:06 close,
10:00 message ticket=t2, d2 11:00 reply ticket=t2, d2 12:00 message ticket=t2,
10:00 message ticket=t3, 10:01 close ticket=t3 as=bot,
10:00 message ticket=t4, 10:01 reply ticket=t4, 10:02 close ticket=t4, d30 10:00 now"""


def lived() -> Desk:
    return told(LIVES.replace("\n", " d1 "), "forget: {closed: 10d, open: 20d}")


def test_every_count_is_in_the_catalogue_and_arises() -> None:
    assert {measure.split("|")[0] for measure in lived().cell().counts} == {*COUNT_NAMES, "sla"}


def test_every_duration_is_in_the_catalogue_and_arises() -> None:
    assert set(lived().cell().durations) == set(DURATION_NAMES)


def test_every_verdict_is_counted_under_its_policy_and_version() -> None:
    desk = lived()
    default = desk.rules.default.default_policy
    names = {sla_measure(default.name, default.version, metric, end) for metric in SLA_METRICS for end in SLA_OUTCOMES}
    assert {measure for measure in desk.cell().counts if measure.startswith("sla|")} <= names
