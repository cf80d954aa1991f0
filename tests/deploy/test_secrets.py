import shutil
import subprocess
from pathlib import Path

import pytest

from app import config
from app.gateway.accounts import open_desks, pseudonym_key
from app.settings import Settings
from tests.deploy.files import DEPLOY, SECRETS, read_compose


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script in a folder of its own, where it makes its secrets."""
    return Path(shutil.copy(DEPLOY / "secrets.sh", tmp_path))


def run(script: Path) -> str:
    done = subprocess.run([str(script)], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_makes_what_compose_names(script: Path) -> None:
    run(script)
    named = {Path(secret["file"]).name for secret in read_compose()["secrets"].values()}
    assert {path.name for path in (script.parent / "secrets").iterdir()} == named


def test_containers_can_read_them_and_nobody_else_here(script: Path) -> None:
    run(script)
    folder = script.parent / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


def test_once_made_they_stay(script: Path) -> None:
    run(script)
    before = {path: path.read_text() for path in (script.parent / "secrets").iterdir()}
    assert run(script).count("is there and stays") == len(before)
    assert {path: path.read_text() for path in (script.parent / "secrets").iterdir()} == before


def test_they_are_long_of_one_line_and_all_different(script: Path) -> None:
    said = run(script)
    texts = [path.read_text() for path in (script.parent / "secrets").iterdir()]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert text.count("\n") == 1
        assert len(text.strip()) >= 32
        assert text.strip() not in said
    assert (script.parent / "secrets/website_secret").read_text().startswith("whsec_")


def test_a_worker_takes_its_token(script: Path) -> None:
    run(script)
    assert Settings(tickets_token_file=script.parent / "secrets" / "tickets_token").token()


def test_the_gateway_takes_them(script: Path) -> None:
    run(script)
    folder = script.parent / "secrets"
    text = (DEPLOY / "compose" / "gateway.yaml").read_text().replace(SECRETS, f"{folder}/")
    (script.parent / "gateway.yaml").write_text(text)
    accounts = config.load(script.parent / "gateway.yaml").connectors
    assert set(open_desks(accounts, pseudonym_key(None, folder / "pseudonym_key"))) == {("generic", "website")}
