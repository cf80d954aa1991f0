import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import mail_headers


def test_a_head_is_unfolded_and_ends_at_the_empty_line() -> None:
    raw = "\r\nA: 1\r\n\t2\r\n 3\r\nno header\r\nB:4\n\r\nC: 5\r\n"
    assert list(mail_headers.head_of(raw)) == [("A", " 1\t2 3"), ("no header", ""), ("B", "4")]
    assert list(mail_headers.head_of("A: 1")) == [("A", " 1")]
    assert list(mail_headers.head_of(" 1\n2")) == [("2", "")]
    assert list(mail_headers.head_of("")) == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("jane@doe.example", ["jane@doe.example"]),
        ("Jane <Jane@Doe.Example>, joe@x.example", ["jane@doe.example", "joe@x.example"]),
        ('"Doe, Jane <fake@x.example>" <jane@doe.example>', ["jane@doe.example"]),
        (r'"say \"hi\" a@b" <jane@doe.example>', ["jane@doe.example"]),
        ("undisclosed-recipients:;", []),
        ("team: jane@doe.example, joe@x.example;", ["jane@doe.example", "joe@x.example"]),
        ("jane@doe.example (Jane)", ["jane@doe.example"]),
        ("<>", []),
        ("Jane", []),
        ("", []),
    ],
)
def test_addresses_are_found_and_names_are_not(value: str, found: list[str]) -> None:
    assert list(mail_headers.addresses({"to": [value]}, "cc", "to")) == found


def test_the_first_id_counts_of_the_first_header_that_has_one() -> None:
    headers = {"references": ["none", " <1@a> <2@a>"], "in-reply-to": ["Your mail of Monday <3@a>"]}
    assert mail_headers.message_id(headers, "references", "in-reply-to") == "1@a"
    assert mail_headers.message_id(headers, "in-reply-to") == "3@a"
    assert mail_headers.message_id(headers, "message-id") is None


@given(value=st.text(alphabet=st.sampled_from("0123456789:;,+-() MonJanGMTZ/.\x00\u00fc"), max_size=50))
def test_any_text_is_an_instant_or_none(value: str) -> None:
    at = mail_headers.arrived_at({"date": [value], "received": [value]})
    assert at is None or at.endswith("Z")
