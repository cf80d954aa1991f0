import json
from pathlib import Path

import pytest

from app import config
from app.errors import ConfigurationError
from app.gateway.accounts import Desks, open_desks, pseudonym_key
from tests.gateway.sender import OTHER_SECRET, SECRET

KEY = b"k" * 32


def _open(secrets: str, **environment: str) -> Desks:
    text = f"connectors: {{generic: {{website: {{secrets: {secrets}}}}}}}"
    return open_desks(config.parse(text).connectors, KEY, environment)


def _complaint(secrets: str, **environment: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        _open(secrets, **environment)
    return str(refused.value)


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{OTHER_SECRET}\nsecond line\n")
    desks = _open(f"[{{env: ONE}}, {{file: {tmp_path}/secret}}]", ONE=SECRET)
    assert len(desks["generic", "website"].account.secrets) == 2


def test_a_secret_that_is_not_there_is_named_by_its_place() -> None:
    told = _complaint("[{env: ONE}, {file: /nowhere/secret}]")
    assert told == (
        "connectors.generic.website.secrets[0]: the environment variable ONE is not set: set it to the secret,"
        " or name a file with `file`\n"
        "connectors.generic.website.secrets[1]: the file /nowhere/secret cannot be read (No such file or directory):"
        " name a file that this process may read"
    )


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("", "is empty: anybody could sign"),
        ("  ", "is empty: anybody could sign"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "an example that everybody knows"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "an example that everybody knows"),
        ("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "an example that everybody knows"),
        ("please-changeme-please-changeme", "an example that everybody knows"),
        ("c2hvcnQ=", "16 characters are the least"),
        ("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "can be guessed"),
        ("bG9uZyBlbm91Z2ggdGV4dA==", "24 are the least"),
        ("this is no base64 at all!", "no base64"),
    ],
)
def test_a_secret_that_protects_nothing_is_refused_and_not_shown(secret: str, words: str) -> None:
    told = _complaint("[{env: ONE}]", ONE=secret)
    assert words in told
    assert not secret.strip() or secret not in told


def test_every_published_secret_is_refused(shared: Path) -> None:
    found = set()
    for path in (shared / "webhooks/_vectors").glob("*.json"):
        for vector in json.loads(path.read_text()).get("vectors", []):
            found |= {vector[name] for name in ("secret", "token", "encoding_aes_key") if vector.get(name)}
    assert len(found) >= 10
    for secret in sorted(found):
        assert "everybody knows" in _complaint("[{env: ONE}]", ONE=secret), secret


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = "connectors: {generic: {a: {secrets: [{env: A}]}, b: {secrets: [{env: B}]}}}"
    with pytest.raises(ConfigurationError) as refused:
        open_desks(config.parse(text).connectors, KEY, {})
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "connectors.generic.a.secrets[0]",
        "connectors.generic.b.secrets[0]",
    ]


def test_a_gateway_without_accounts_says_how_to_name_one() -> None:
    with pytest.raises(ConfigurationError, match=r"connectors: \{generic: \{website"):
        open_desks({}, KEY, {})


def test_the_key_for_pseudonyms_must_be_there_and_good(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("0123456789abcdef0123456789abcdef\n")
    assert pseudonym_key(None, path) == b"0123456789abcdef0123456789abcdef"
    with pytest.raises(ConfigurationError, match="openssl rand -hex 32"):
        pseudonym_key(None, None)
    with pytest.raises(ConfigurationError, match="can be guessed"):
        pseudonym_key("a" * 40, None)
