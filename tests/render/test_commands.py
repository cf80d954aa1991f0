"""The commands that pages and the runbook name are commands that there are."""

import re
import shlex

import click
import pytest

from app import config
from app.cli import carebeat
from app.render.rules import rule_files

_TEMPLATE = re.compile(r"\{\{ \$labels\.\w+ \}\}")


def named_on_pages() -> set[str]:
    groups = [group for made in rule_files(config.load()).values() for group in made["groups"]]
    rules = [rule for group in groups for rule in group["rules"]]
    return {rule["annotations"]["tickets"] for rule in rules if "tickets" in rule.get("annotations", {})}


def named_in_the_runbook() -> set[str]:
    text = config.packaged("runbook.md").read_text(encoding="utf-8")
    return {named for named in re.findall(r"`(carebeat [^`]+)`", text) if " " in named}


def understood(line: str) -> str:
    """The command that a line is; raises what click says of a wrong one."""
    program, *words = shlex.split(_TEMPLATE.sub("some-channel", line))
    assert program == "carebeat"
    command: click.Command = carebeat
    while isinstance(command, click.Group):
        name = words.pop(0)
        with click.Context(command) as context:
            found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no command {name}")
        command = found
        if not words:
            break
    command.make_context(command.name, words, resilient_parsing=False)
    return command.name or ""


def test_pages_name_the_command_for_their_tickets() -> None:
    states = {re.findall(r"--state (\w+) --channel", line)[0] for line in named_on_pages()}
    assert states == {"breached", "at_risk", "waiting"}
    assert {understood(line) for line in named_on_pages()} == {"tickets"}


@pytest.mark.parametrize("line", sorted(named_in_the_runbook()))
def test_the_runbook_names_commands_that_there_are(line: str) -> None:
    assert understood(line)


def test_the_runbook_says_how_to_find_and_to_understand_a_ticket() -> None:
    assert {"tickets", "explain"} <= {understood(line) for line in named_in_the_runbook()}


@pytest.mark.parametrize("line", ["carebeat tickets --state late", "carebeat ticket", "carebeat tickets --chanel web"])
def test_a_command_that_there_is_not_would_be_noticed(line: str) -> None:
    with pytest.raises(click.UsageError):
        understood(line)
