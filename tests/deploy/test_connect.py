"""The guides in `deploy/connect`: one for each source that is a vendor's, with a configuration that works."""

import re

import pytest

from app import config
from app.connectors.registry import CONNECTORS, POLLERS
from tests.deploy.files import ROOT

FOLDER = ROOT / "deploy/connect"
GUIDES = sorted(path.stem for path in FOLDER.glob("*.md"))


def test_there_is_a_guide_for_each_connector_but_our_own() -> None:
    assert set(CONNECTORS) - {"generic"} <= set(GUIDES)


POSTING = {name for name in CONNECTORS if CONNECTORS[name].capabilities.takes_posts}


@pytest.mark.parametrize("name", sorted(set(GUIDES) & POSTING))
def test_its_configuration_is_right_and_its_url_is_that_of_its_account(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    example, *_ = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (account,) = config.parse(example).connectors[name]
    urls = re.findall(r"/in/([a-z0-9-]+)/(<account>|[a-z0-9-]+)", text)
    assert urls
    assert {(connector, given.replace("<account>", account)) for connector, given in urls} == {(name, account)}


@pytest.mark.parametrize("name", sorted(set(GUIDES) & set(CONNECTORS)))
def test_options_it_names_are_those_of_the_connector(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    able = CONNECTORS[name].capabilities
    assert [option for option in able.options | able.keys if option not in text] == []


@pytest.mark.parametrize("name", sorted(POSTING & set(POLLERS)))
def test_its_poll_fits_into_its_account(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    example, poll = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    whole = re.sub(r"^( +secrets: .*\n)", rf"\g<1>{poll}", example, flags=re.MULTILINE)
    (account,) = config.parse(whole).connectors[name].values()
    assert account.poll is not None
    assert f"carebeat backfill {name} " in text


@pytest.mark.parametrize("name", sorted(set(CONNECTORS) - POSTING))
def test_a_source_without_webhooks_has_its_poll_and_no_url(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (account,) = config.parse(example).connectors[name].values()
    assert account.poll is not None
    assert "/in/" not in text
    assert f"carebeat backfill {name} " in text
