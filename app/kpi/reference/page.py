"""The reference as a page: Markdown for `docs/kpis.md`."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.kpi.measures import COUNTS, DURATIONS, REVENUE
from app.kpi.reference import SECTIONS, Kpi
from app.kpi.reference.help_desks import DIFFERENCES, HELP_DESKS

_HEAD: Final = """# The KPIs

<!-- Written by `make schemas` from app/kpi/reference. Change that, and run it again. -->

What each figure answers, what exactly it means, what it leaves out, and where it is to be found. In a terminal:
`carebeat kpis`, or `carebeat kpis first_response`.

Some words come again and again:

* A **ticket** is one matter of one customer. It opens, closes, and may open again; each stretch of being open is a **round**.
* A **wait** starts when a customer writes and nobody's answer is due already; it ends at an answer or a close. Three
  messages in a row are one wait.
* A close **settles** when nothing has reopened the ticket for the settle window (72 h unless configured).
* A **person** is an agent, or an author whom the source does not tell apart (unless configured otherwise); bots,
  automations and campaigns are none. Internal notes are no replies.
* A **window** is a minute, hour, day, week, month or quarter, from its start up to its end, the end not included. Days and
  longer ones are in the reporting zone.

Figures stand in records of the topic `support.kpis` by channel and for `all`, and by team, topic, tag and agent where the
configuration keeps `records` of them. Metrics are on `/metrics`; those that name an agent, team, topic or tag only where
`metrics` in the configuration asks for them. Counters and histograms of metrics tell what a worker saw first; what is
corrected later is exact on the topic and in `carebeat export`. Boards are those of `carebeat render`.
"""
_MEANINGS: Final = {measure.name: measure.meaning for measure in (*COUNTS, *DURATIONS, REVENUE)}


def page() -> str:
    """The whole page. The same reference gives the same bytes."""
    return "\n".join([_HEAD, *_contents(), *_sections(), *_differences()])


def _contents() -> Iterator[str]:
    yield "| KPI | question |"
    yield "| --- | --- |"
    for kpis in SECTIONS.values():
        yield from (f"| [{kpi.name}](#{kpi.name}) | {kpi.question} |" for kpi in kpis)
    yield ""


def _sections() -> Iterator[str]:
    for heading, kpis in SECTIONS.items():
        yield f"## {heading}\n"
        for kpi in kpis:
            yield f"### {kpi.name}\n"
            yield f"**{kpi.question}**\n"
            yield f"{kpi.meaning}\n"
            yield from (f"* {label}: {text}" for label, text in facts(kpi, "`{}`"))
            yield ""
            yield from _made_of(kpi)


def _made_of(kpi: Kpi) -> Iterator[str]:
    """The figures of a KPI that has several."""
    told = [measure for measure in kpi.measures if measure in _MEANINGS]
    if len(told) > 1:
        yield "| figure | counts |"
        yield "| --- | --- |"
        yield from (f"| `{measure}` | {_MEANINGS[measure]} |" for measure in told)
        yield ""


def facts(kpi: Kpi, name: str = "{}") -> list[tuple[str, str]]:
    """(label, text) of everything but question and meaning; `name` is how a name is written."""
    found = [
        ("Leaves out", kpi.leaves_out),
        ("Unit", kpi.unit),
        ("Once per", kpi.once_per),
        ("Topic", _names(kpi.fields, name)),
        ("Metric", _names(kpi.metrics, name)),
        ("Board", "; ".join(kpi.boards)),
        ("Command", _names((f"carebeat {command}" for command in kpi.commands), name)),
    ]
    return [(label, text) for label, text in found if text]


def _names(names: Iterable[str], form: str) -> str:
    return ", ".join(form.format(name) for name in names)


def _differences() -> Iterator[str]:
    yield "## How it differs from help desks\n"
    yield (
        "Help desks disagree on almost every point; figures can only be compared where both count alike. This is what is\n"
        "known of cases that their makers document or discuss in public. An empty cell says that it is not known.\n"
    )
    yield f"| KPI | case | Carebeat | {' | '.join(HELP_DESKS)} |"
    yield f"| --- | --- | --- |{' --- |' * len(HELP_DESKS)}"
    for one in DIFFERENCES:
        theirs = " | ".join(one.theirs.get(desk, "") for desk in HELP_DESKS)
        yield f"| [{one.kpi}](#{one.kpi}) | {one.case} | {one.ours} | {theirs} |"
    yield ""
