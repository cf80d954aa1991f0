import json

import pytest
from click.testing import CliRunner

from app.cli import carebeat
from app.kpi.reference import KPIS


def told(*arguments: str) -> str:
    done = CliRunner().invoke(carebeat, ["kpis", *arguments], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def test_the_list_has_every_kpi_with_its_question() -> None:
    lines = told()
    assert all(kpi.name in lines and kpi.question in lines for kpi in KPIS.values())


def test_one_kpi_is_told_in_full() -> None:
    kpi, said = KPIS["first_response"], " ".join(told("first_response").split())
    assert all(
        text in said for text in (kpi.meaning, kpi.leaves_out, "support_first_response_seconds", "Zendesk: from")
    )


@pytest.mark.parametrize(
    ("name", "kpi"),
    [
        ("First-Response", "first_response"),
        ("support_handle_seconds", "handle"),
        ("rates.satisfied", "satisfied"),
        ("resolution_net_business", "resolution"),
    ],
)
def test_it_is_found_by_what_it_is_called_elsewhere(name: str, kpi: str) -> None:
    assert told(name).startswith(f"{kpi}: ")


def test_a_figure_of_several_kpis_gives_all_of_them() -> None:
    asked = [json.loads(line)["name"] for line in told("support_settled_total", "--json").splitlines()]
    assert asked == ["settled", "first_contact_resolved", "one_touch", "no_human_reply", "automated"]


def test_an_unknown_name_gets_the_nearest_one() -> None:
    done = CliRunner().invoke(carebeat, ["kpis", "frist_response"])
    assert (done.exit_code, "Did you mean `first_response`?" in done.output) == (2, True)


def test_an_odd_name_is_told_where_to_look() -> None:
    assert "`carebeat kpis` lists all" in CliRunner().invoke(carebeat, ["kpis", "zzzz"]).output


def test_programs_read_the_same() -> None:
    read = [json.loads(line) for line in told("--json").splitlines()]
    assert [one["name"] for one in read] == list(KPIS)
    assert read[0]["differences"][0]["Intercom"]
