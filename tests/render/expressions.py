"""Every expression on the boards and in the rules, and what is in one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser
import yaml

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules"
BOARDS = ROOT / "grafana" / "dashboards"
VARIABLES = {"$__rate_interval": "1m", "$__range": "6h", "$job": "carebeat", "$channel": ".+", "$priority": ".+"}
_COMPARISONS = {"==", "!=", ">", "<", ">=", "<="}
_GROWTH = {"rate", "increase"}
_COUNTERS = ("_total", "_bucket")
_SETS = {"and", "or", "unless"}


class Expression(NamedTuple):
    """Where it stands, and what it asks with all variables filled in."""

    place: str
    text: str


def rules(folder: Path = RULES) -> list[dict[str, Any]]:
    """All rules of a folder, in their own form."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def rule_expressions(folder: Path = RULES) -> list[Expression]:
    """Those of recording rules and alerts."""
    return [Expression(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules(folder)]


def board_expressions(folder: Path = BOARDS) -> list[Expression]:
    """Those of panels and annotations."""
    return [
        Expression(f"{path.stem}: {place}", _filled(text))
        for path in sorted(folder.glob("*.json"))
        for place, text in _on_board(json.loads(path.read_text()))
    ]


def _on_board(board: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for annotation in board.get("annotations", {}).get("list", []):
        yield f"annotation {annotation['name']}", annotation["expr"]


def _filled(text: str) -> str:
    for variable, value in VARIABLES.items():
        text = text.replace(variable, value)
    return text


def metric_names(text: str) -> set[str]:
    """The metrics that an expression asks for."""
    return {node.name for node in _nodes(promql_parser.parse(text)) if isinstance(node, promql_parser.VectorSelector)}


def counters_not_grown(text: str) -> set[str]:
    """The counters that are asked for anything but how they grow: each use has to be a range under rate or increase."""
    return {name for name in _levels(promql_parser.parse(text), is_grown=False) if name.endswith(_COUNTERS)}


def _levels(node: Any, *, is_grown: bool) -> Iterator[str]:
    """The metrics that are used in themselves."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node.name
    elif not (is_grown and isinstance(node, promql_parser.MatrixSelector)):
        grows = isinstance(node, promql_parser.Call) and node.func.name in _GROWTH
        for child in _children(node):
            yield from _levels(child, is_grown=grows)


def _children(node: Any) -> Iterator[Any]:
    children = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "vector_selector")]
    yield from (
        child for child in [*children, *getattr(node, "args", [])] if child is not None and not isinstance(child, str)
    )


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in _children(node):
        yield from _nodes(child)


def measures(text: str) -> list[str]:
    """What an expression measures: its comparisons, set operators and `absent` taken off. Numbers are no measures."""
    return [node.prettify() for node in _measures(promql_parser.parse(text))]


def _measures(node: Any) -> Iterator[Any]:
    if isinstance(node, promql_parser.ParenExpr):
        yield from _measures(node.expr)
    elif isinstance(node, promql_parser.BinaryExpr) and str(node.op) in _COMPARISONS | _SETS:
        yield from _measures(node.lhs)
        yield from _measures(node.rhs)
    elif isinstance(node, promql_parser.Call) and node.func.name == "absent":
        yield from _measures(node.args[0])
    elif not isinstance(node, promql_parser.NumberLiteral):
        yield node
