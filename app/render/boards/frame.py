"""What all boards have in common: variables, links, annotations, and their form as a file."""

import json
from collections.abc import Iterable
from typing import Any, Final

from app.render.boards.panels import DATASOURCE
from app.render.boards.sdk import JSONEncoder, dashboard, models
from app.render.promql import JOB

_TAG: Final = "carebeat"
_ALL: Final = ".+"


def board(title: str, uid: str, description: str, runbook: str, panels: Iterable[Any]) -> Any:
    """A board of panels, with numbers of their own, left to right and top to bottom."""
    made = _frame(title, uid, description, runbook)
    for variable in _variables():
        made = made.with_variable(variable)
    made = made.annotation(_alerts()).tooltip(models.DashboardCursorSync.CROSSHAIR).refresh("30s")
    numbered = (panel.id(number) for number, panel in enumerate(panels, start=1))
    return _filled(made.time("now-6h", "now"), numbered)


def page(title: str, uid: str, description: str, runbook: str, panels: Iterable[Any]) -> Any:
    """A board of text, whose panels bring their numbers: no variables."""
    return _filled(_frame(title, uid, description, runbook), panels)


def as_file(made: Any) -> str:
    """A board as Grafana reads it. The same board gives the same bytes."""
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _frame(title: str, uid: str, description: str, runbook: str) -> Any:
    made = dashboard.Dashboard(title).uid(uid).description(description).tags([_TAG]).readonly().timezone("browser")
    others: Any = dashboard.DashboardLink("Carebeat").type(models.DashboardLinkType.DASHBOARDS).tags([_TAG])
    explained: Any = dashboard.DashboardLink("Runbook").type(models.DashboardLinkType.LINK).url(runbook).icon("doc")
    others = others.as_dropdown(True).keep_time(True).include_vars(True)
    for link in (others, explained.target_blank(True)):
        made = made.link(link.placement(None))  # in sight; the SDK would put them into a menu
    return made


def _filled(made: Any, panels: Iterable[Any]) -> Any:
    for panel in panels:
        made = made.with_panel(panel)
    return made


def _variables() -> Iterable[Any]:
    yield dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
    job = _query_variable("job", "Job", "label_values(carebeat_stream_time_timestamp_seconds, job)")
    yield job.current(models.VariableOption(text=JOB, value=JOB))
    channels = 'label_values(support_sla_target_seconds{job=~"$job"}, channel)'
    yield _chosen(_query_variable("channel", "Channel", channels))
    priorities = 'label_values(support_open_tickets{job=~"$job"}, priority)'
    yield _chosen(_query_variable("priority", "Priority", priorities))


def _query_variable(name: str, label: str, query: str) -> Any:
    made = dashboard.QueryVariable(name).label(label).query(query).datasource(DATASOURCE)
    return made.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(models.VariableSort.ALPHABETICAL_ASC)


def _chosen(variable: Any) -> Any:
    """Several, or all, which is what it begins with."""
    every = models.VariableOption(text="All", value="$__all")
    return variable.multi(True).include_all(True).all_value(_ALL).current(every)


def _alerts() -> Any:
    """Pages as marks in every graph."""
    firing = 'ALERTS{alertstate="firing",severity="page",channel=~"$channel|"}'
    return (
        dashboard.AnnotationQuery()
        .name("Pages")
        .datasource(DATASOURCE)
        .enable(True)
        .hide(False)
        .icon_color("red")
        .expr(firing)
        .title_format("{{alertname}}")
        .text_format("{{channel}}")
        .step("60s")
    )
