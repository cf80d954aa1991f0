import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import wechat_aes
from app.connectors.connector import Account, Request, SecretError
from app.connectors.wechat import WeChat
from app.connectors.xml_body import read_xml
from tests.connectors.cases.wechat import CASE

KEY, APP = CASE.account.secrets[0], b"wx2f9b1c3d4e5f6a7b"


def _vectors(shared: Path, kind: str) -> list[dict[str, Any]]:
    vectors = json.loads((shared / "webhooks/_vectors/wechat_aes.json").read_text())["vectors"]
    return [vector for vector in vectors if vector["kind"] == kind]


def _account(vector: dict[str, Any]) -> Account:
    keys = {"token": vector["token"].encode()}
    secrets = (wechat_aes.key(vector["encoding_aes_key"]),)
    return Account("a", secrets, options={"app_id": vector["app_id"]}, keys=keys)


def test_published_ciphertexts_are_ours(shared: Path) -> None:
    vectors = _vectors(shared, "encrypt")
    assert len(vectors) == 3
    for vector in vectors:
        aes_key, app = wechat_aes.key(vector["encoding_aes_key"]), vector["app_id"].encode()
        plain, encrypted = vector["plaintext"].encode(), vector["ciphertext"].encode()
        assert wechat_aes.encrypt(aes_key, app, plain, vector["random"].encode()) == encrypted
        assert wechat_aes.decrypt(aes_key, app, encrypted) == plain
        if "msg_signature" in vector:
            signed = [vector[name].encode() for name in ("token", "timestamp", "nonce")]
            assert wechat_aes.sign(*signed, encrypted).decode() == vector["msg_signature"]


def test_published_posts_are_decrypted_or_refused(shared: Path) -> None:
    """The body of wechatpy's vector is not in the shared data: its keys are tried on a post of our own."""
    tried = 0
    for vector in _vectors(shared, "decrypt"):
        path = shared / "webhooks" / vector["body_file"]
        if not path.exists():
            assert vector["of"] == "wechatpy"
            aes_key, app, plain = _account(vector).secrets[0], vector["app_id"].encode(), vector["plaintext"].encode()
            assert wechat_aes.decrypt(aes_key, app, wechat_aes.encrypt(aes_key, app, plain, b"0" * 16)) == plain
            continue
        query = {name: vector[name] for name in ("msg_signature", "timestamp", "nonce")}
        request, account = Request("POST", {}, query, path.read_bytes()), _account(vector)
        now_ms = int(vector["timestamp"]) * 1000
        verdict = WeChat().verify(request, account, now_ms)
        tried += 1
        if isinstance(vector["expect"], str):
            assert verdict.secret is None, vector["expect"]
            continue
        assert verdict.secret == 0
        (item,) = WeChat().parse(request, account)
        assert {name: item[name] for name in vector["expect"]} == vector["expect"]
        assert item == read_xml(vector["plaintext"].encode(), "xml")
    assert tried == 3


def test_published_checks_of_the_url_are_answered_or_refused(shared: Path) -> None:
    vectors = _vectors(shared, "url_check")
    assert len(vectors) == 2
    for vector in vectors:
        query = {name: vector[name] for name in ("msg_signature", "timestamp", "nonce", "echostr")}
        answer = WeChat().handshake(Request("GET", {}, query, b""), _account(vector))
        assert answer is not None
        wanted = (403, "") if vector["answer"] is None else (200, vector["answer"])
        assert (answer.status, answer.body.decode()) == wanted


@given(st.binary(max_size=100), st.binary(min_size=16, max_size=16))
def test_what_is_encrypted_is_decrypted(plain: bytes, random: bytes) -> None:
    encrypted = wechat_aes.encrypt(KEY, APP, plain, random)
    assert len(b64decode(encrypted)) % 32 == 0
    assert wechat_aes.decrypt(KEY, APP, encrypted) == plain


def test_another_key_or_app_id_decrypts_nothing() -> None:
    encrypted = wechat_aes.encrypt(KEY, APP, b"<xml/>", b"0" * 16)
    assert wechat_aes.decrypt(KEY[::-1], APP, encrypted) is None
    for app in (b"", APP[:-1], APP + b"x", b"invalid appid"):
        assert wechat_aes.decrypt(KEY, app, encrypted) is None


@pytest.mark.parametrize("given_text", [b"", b"x", b"====", b"\xff", b64encode(b"0" * 16), b64encode(b"0" * 33)])
def test_what_is_no_ciphertext_decrypts_to_nothing(given_text: bytes) -> None:
    assert wechat_aes.decrypt(KEY, APP, given_text) is None


@given(st.binary(min_size=32, max_size=96))
def test_any_blocks_decrypt_to_nothing(raw: bytes) -> None:
    assert wechat_aes.decrypt(KEY, APP, b64encode(raw)) is None


@pytest.mark.parametrize("secret", ["", "x" * 42, "x" * 44, "x" * 42 + "=", "\u4e2d" * 43])
def test_what_is_no_encoding_aes_key_is_refused(secret: str) -> None:
    with pytest.raises(SecretError, match="43 letters and digits"):
        wechat_aes.key(secret)
