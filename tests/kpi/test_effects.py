"""What a revision takes back and what it adds."""

from collections.abc import Iterable

import pytest

from app.kpi.effects import Effects, Transition

AT = (10, "web", "seen")
LATER = (20, "web", "seen")
SAMPLE = (10, "web", "response", 5, 5, 10)


def effects(*counts: tuple[int, str, str], said: Iterable[Transition] = ()) -> Effects:
    made = Effects()
    made.counts += counts
    made.transitions += said
    return made


def revision(before: Effects, after: Effects) -> Effects:
    out = Effects()
    out.revise(before, after)
    return out


def say(
    state: str, at_ms: int = 10, *, start_ms: int = 0, channel: str = "web", metric: str = "first_response"
) -> Transition:
    return Transition(metric, start_ms, 50, state, at_ms, channel, "default", "v", None, None, None)


def corrected(before: list[Transition], after: list[Transition]) -> list[str]:
    return [said.state for said in revision(effects(said=before), effects(said=after)).transitions]


def test_what_both_hold_is_not_touched() -> None:
    out = revision(effects(AT, LATER), effects(LATER, AT))
    assert (out.counts, list(out.removed_counts)) == ([], [])


def test_what_only_the_new_history_gives_comes_in() -> None:
    assert revision(effects(AT), effects(AT, LATER)).counts == [LATER]


def test_what_only_the_old_history_gave_goes_out() -> None:
    assert list(revision(effects(AT, LATER), effects(AT)).removed_counts) == [LATER]


def test_equal_figures_are_counted() -> None:
    assert list(revision(effects(AT, AT, AT), effects(AT)).removed_counts) == [AT, AT]


def test_samples_go_in_and_out_alike() -> None:
    with_sample = effects()
    with_sample.durations.append(SAMPLE)
    assert revision(effects(), with_sample).durations == [SAMPLE]
    assert list(revision(with_sample, effects()).removed_durations) == [SAMPLE]


@pytest.mark.parametrize(
    ("before", "after", "published"),
    [
        ([], ["met"], ["met"]),
        (["at_risk"], ["at_risk", "breached"], ["breached"]),
        (["at_risk", "breached"], ["at_risk", "breached", "met_late"], ["met_late"]),
        (["at_risk", "breached"], ["at_risk", "breached"], []),
        (["at_risk"], ["met"], ["met"]),
        (["at_risk"], [], ["retracted"]),
        (["breached"], ["met"], ["retracted", "met"]),
        (["at_risk", "breached"], ["at_risk", "met"], ["retracted", "at_risk", "met"]),
        (["met"], ["cancelled"], ["retracted", "cancelled"]),
        (["met"], [], ["retracted"]),
        (["breached", "met_late"], ["breached"], ["retracted", "breached"]),
    ],
)
def test_the_published_history_of_a_clock_ends_as_the_new_one(
    before: list[str], after: list[str], published: list[str]
) -> None:
    assert corrected([say(state) for state in before], [say(state) for state in after]) == published


def test_a_verdict_at_another_instant_is_another() -> None:
    assert corrected([say("met", 10)], [say("met", 9)]) == ["retracted", "met"]


def test_a_verdict_in_another_channel_is_another() -> None:
    assert corrected([say("met")], [say("met", channel="email")]) == ["retracted", "met"]


def test_clocks_are_told_apart_by_metric_and_start() -> None:
    before = [say("met", start_ms=0), say("met", start_ms=0, metric="resolution")]
    assert corrected(before, [say("met", start_ms=1), before[1]]) == ["retracted", "met"]


def sold(*amounts: tuple[int, str, str, int]) -> Effects:
    made = Effects()
    made.amounts = list(amounts)
    return made


def test_amounts_are_revised_by_their_net_difference() -> None:
    before = sold((10, "web", "revenue|EUR", 5), (10, "web", "revenue|EUR", 7), (20, "web", "revenue|USD", 3))
    after = sold((10, "web", "revenue|EUR", 9), (20, "web", "revenue|USD", 3), (30, "web", "revenue|EUR", 1))
    out = revision(before, after)
    assert (list(out.amounts), list(out.removed_amounts)) == (
        [(30, "web", "revenue|EUR", 1)],
        [(10, "web", "revenue|EUR", 3)],
    )


def test_the_same_amounts_in_other_parts_are_no_difference() -> None:
    out = revision(sold((10, "web", "m", 5), (10, "web", "m", 7)), sold((10, "web", "m", 12)))
    assert (list(out.amounts), list(out.removed_amounts)) == ([], [])


def test_a_revision_keeps_the_amounts_that_are_there() -> None:
    out = sold((1, "web", "m", 2))
    out.revise(sold(), sold((10, "web", "m", 5)))
    assert list(out.amounts) == [(1, "web", "m", 2), (10, "web", "m", 5)]
