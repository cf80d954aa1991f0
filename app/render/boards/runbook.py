"""The runbook as a board, so that the link in a page opens where the boards are."""

from collections.abc import Iterator
from typing import Any, Final

from app.config import Config
from app.render.alert import RUNBOOK_UID, runbook_panel, runbook_url
from app.render.boards.frame import page
from app.render.boards.panels import prose

_HEADING: Final = "## "
_CHARACTERS_A_LINE: Final = 150
_HEIGHT_A_LINE: Final = 1


def runbook_board(config: Config, runbook: str) -> Any:
    """One panel for each section of the runbook, in its order."""
    panels = [
        prose(title, markdown, _height(markdown)).id(runbook_panel(title)) for title, markdown in sections(runbook)
    ]
    return page("Runbook", RUNBOOK_UID, "What each alert means and what to do.", runbook_url(config), panels)


def sections(runbook: str) -> Iterator[tuple[str, str]]:
    """Heading and text of each section; what is above the first is left out."""
    for section in f"\n{runbook}".split(f"\n{_HEADING}")[1:]:
        title, _, markdown = section.partition("\n")
        yield title.strip(), markdown.strip()


def _height(markdown: str) -> int:
    lines = sum(1 + len(line) // _CHARACTERS_A_LINE for line in markdown.splitlines())
    return 2 + lines * _HEIGHT_A_LINE
