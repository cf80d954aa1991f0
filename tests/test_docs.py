"""What the pages for users say, as far as a machine can tell: that links lead somewhere, and that the first configuration one copies is right."""

import re
from pathlib import Path

import pytest

from app import config

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md"))
)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text())
    assert not [link for link in links if "://" not in link and not (path.parent / link).exists()]


def test_the_configuration_to_begin_with_is_understood() -> None:
    readme = (ROOT / "README.md").read_text()
    example = readme.split("## What they depend on")[1].split("```yaml\n")[1].split("```")[0]
    understood = config.parse(example)
    assert set(understood.channels) == {"email", "whatsapp"}
    assert [policy.name for policy in understood.policies] == ["vip"]


def test_the_readme_names_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    assert not [page for page in PAGES if page.startswith("docs/") and f"({page})" not in readme]
