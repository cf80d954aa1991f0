"""The kinds of panels there are. Each says what it shows, in which unit, and from where on that is bad."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.render.boards.sdk import (
    bargauge,
    common,
    common_models,
    dashboard,
    models,
    prometheus,
    prometheus_models,
    stat,
    table,
    text,
    text_models,
    timeseries,
)

DATASOURCE: Final = common_models.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, AMBER, RED, BLUE = "green", "orange", "red", "blue"
Steps = Sequence[tuple[float | None, str]]
"""From which value on (None: from the lowest) a figure has which colour."""


class Query(NamedTuple):
    """What is asked, and what the answer is called."""

    expression: str
    legend: str = ""


class Panel(NamedTuple):
    """What every panel has. `runbook` is where its figures are explained, "" where no alert watches them."""

    title: str
    description: str
    unit: str
    width: int
    height: int
    steps: Steps = ((None, BLUE),)
    runbook: str = ""


def thresholds(steps: Steps) -> Any:
    """Absolute thresholds."""
    made = [models.Threshold(value=value, color=color) for value, color in steps]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(made)


def figure(panel: Panel, query: Query) -> Any:
    """One large figure, coloured as a whole."""
    made = _common(stat.Panel(), panel).with_target(_instant(query, "A"))
    return (
        made.color_mode(common_models.BigValueColorMode.BACKGROUND)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.VALUE)
        .reduce_options(_last())
        .no_value("none")
    )


def bars(panel: Panel, query: Query, own_steps: Mapping[str, Steps]) -> Any:
    """A bar for each series; `own_steps`: name of a series -> thresholds of its own."""
    made = _common(bargauge.Panel(), panel).with_target(_instant(query, "A"))
    made = (
        made.orientation(common_models.VizOrientation.HORIZONTAL)
        .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .reduce_options(_last())
        .min(0)
        .max(1)
    )
    for name, steps in own_steps.items():
        made = made.override_by_name(name, [models.DynamicConfigValue("thresholds", thresholds(steps).build())])
    return made


def lines(panel: Panel, *queries: Query) -> Any:
    """Lines over time; limits are drawn where there are any."""
    made = _common(timeseries.Panel(), panel)
    for query, ref_id in zip(queries, "ABCDEFGH", strict=False):
        made = made.with_target(_query(query, ref_id).range())
    if len(panel.steps) > 1:
        limits = common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED)
        made = made.thresholds_style(limits)
    legend = common.VizLegendOptions().display_mode(common_models.LegendDisplayMode.LIST)
    tooltip = common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI)
    return (
        made.legend(legend.placement(common_models.LegendPlacement.BOTTOM).show_legend(True))
        .tooltip(tooltip.sort(common_models.SortOrder.DESCENDING))
        .fill_opacity(8)
        .show_points(common_models.VisibilityMode.NEVER)
        .min(0)
    )


class Column(NamedTuple):
    """A column of a table of channels."""

    title: str
    expression: str
    unit: str
    steps: Steps = ()


def channel_table(panel: Panel, columns: Sequence[Column], channel_url: str) -> Any:
    """One row a channel; its name leads to `channel_url`."""
    made = _common(table.Panel(), panel)
    renamed = {"channel": "Channel"}
    for column, ref_id in zip(columns, "ABCDEFGH", strict=False):
        query = _instant(Query(column.expression), ref_id)
        made = made.with_target(query.format(prometheus_models.PromQueryFormat.TABLE))
        made = made.override_by_name(column.title, _column_properties(column))
        renamed[f"Value #{ref_id}"] = column.title
    link = {"title": "This channel only", "url": channel_url}
    made = made.override_by_name("Channel", [models.DynamicConfigValue("links", [link])])
    return made.with_transformation(models.DataTransformerConfig(id_val="merge", options={})).with_transformation(
        models.DataTransformerConfig(
            id_val="organize", options={"excludeByName": {"Time": True}, "renameByName": renamed}
        )
    )


def _column_properties(column: Column) -> list[Any]:
    properties = [models.DynamicConfigValue("unit", column.unit)]
    if column.steps:
        properties.append(models.DynamicConfigValue("thresholds", thresholds(column.steps).build()))
        properties.append(models.DynamicConfigValue("custom.cellOptions", {"type": "color-background"}))
    return properties


def prose(title: str, markdown: str, height: int) -> Any:
    """Text over the whole width."""
    return text.Panel().title(title).mode(text_models.TextMode.MARKDOWN).content(markdown).span(24).height(height)


def _common(made: Any, panel: Panel) -> Any:
    made = (
        made.title(panel.title)
        .description(panel.description)
        .unit(panel.unit)
        .span(panel.width)
        .height(panel.height)
        .datasource(DATASOURCE)
        .thresholds(thresholds(panel.steps))
    )
    if panel.runbook:
        made = made.links([dashboard.DashboardLink("Runbook").type(models.DashboardLinkType.LINK).url(panel.runbook)])
    return made


def _query(query: Query, ref_id: str) -> Any:
    made = prometheus.Dataquery().expr(query.expression).ref_id(ref_id).datasource(DATASOURCE)
    return made.legend_format(query.legend) if query.legend else made


def _instant(query: Query, ref_id: str) -> Any:
    return _query(query, ref_id).instant()


def _last() -> Any:
    return common.ReduceDataOptions().calcs(["lastNotNull"])
