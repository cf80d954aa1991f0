import contextlib
import time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.connector import Malformed, Request, WrongTypeError
from app.connectors.forms import LONGEST_FIELD_BYTES, MOST_FIELDS, read_form

ENCODED = b"application/x-www-form-urlencoded; charset=utf-8"
MULTIPART = b'multipart/form-data; boundary="xYzZY"'


def _read(body: bytes, content_type: bytes = MULTIPART, wanted: str = "a b c") -> dict[str, str]:
    return read_form(Request("POST", {b"content-type": content_type}, {}, body), wanted.split())


def _part(name: str, value: bytes, more: str = "") -> bytes:
    return f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


def test_both_forms_say_the_same() -> None:
    encoded = _read(urlencode({"a": "1 + ü", "d": "secret", "b": ""}).encode(), ENCODED)
    parts = _part("a", "1 + ü".encode()) + _part("d", b"secret") + _part("b", b"")
    assert encoded == _read(parts + b"--xYzZY--\r\n") == {"a": "1 + ü", "b": ""}


def test_bare_line_feeds_are_read_too() -> None:
    body = b'--xYzZY\nContent-Disposition: form-data; name="a"\n\n1\n2\n--xYzZY--\n'
    assert _read(body) == {"a": "1\n2"}


def test_files_are_stepped_over_also_under_a_wanted_name() -> None:
    file = _part("a", b"\x00\xff--xYzZY" * 1000, '; filename="a.png"')
    assert _read(file + _part("b", b"1") + b"--xYzZY--") == {"b": "1"}
    assert _read(_part("a", b"x", "; filename*=UTF-8''a.png") + b"--xYzZY--") == {}


def test_of_a_field_that_comes_twice_the_first_counts() -> None:
    assert _read(b"a=1&a=2", ENCODED) == {"a": "1"}
    assert _read(_part("a", b"1") + _part("a", b"2") + b"--xYzZY--") == {"a": "1"}


def test_what_is_longer_than_the_limit_is_cut() -> None:
    long = b"x" * (LONGEST_FIELD_BYTES + 9)
    assert len(_read(b"a=" + long, ENCODED)["a"]) == LONGEST_FIELD_BYTES
    assert len(_read(_part("a", long) + b"--xYzZY--")["a"]) == LONGEST_FIELD_BYTES
    assert len(_read(b"a=" + b"%41" * len(long), ENCODED)["a"]) == LONGEST_FIELD_BYTES


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"&" * MOST_FIELDS, ENCODED, "at most"),
        (_part("a", b"") * MOST_FIELDS + b"--xYzZY--", MULTIPART, "at most"),
        (b"", MULTIPART, "boundary is not in the body"),
        (_part("a", b"1"), MULTIPART, "last boundary is missing"),
        (b"--xYzZY\r\n" + b"x" * 9000 + b"\r\n\r\n1\r\n--xYzZY--", MULTIPART, "no end of its head"),
        (b"--xYzZY--", b"multipart/form-data", "names no boundary"),
        (b"--xYzZY--", b"multipart/form-data; boundary=\xff", "names no boundary"),
    ],
)
def test_what_is_no_form_says_why(body: bytes, content_type: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _read(body, content_type)


@pytest.mark.parametrize("content_type", [b"", b"application/json", b"text/plain", b"multipart/mixed; boundary=xYzZY"])
def test_another_content_type_is_refused(content_type: bytes) -> None:
    with pytest.raises(WrongTypeError):
        _read(b"a=1", content_type)


@given(body=st.binary(max_size=200), content_type=st.sampled_from([ENCODED, MULTIPART]))
def test_any_bytes_are_a_form_or_malformed(body: bytes, content_type: bytes) -> None:
    for changed in (body, b"--xYzZY" + body, body + b"\r\n--xYzZY--", _part("a", body) + b"--xYzZY--"):
        try:
            assert _read(changed, content_type).keys() <= {"a", "b", "c"}
        except Malformed:
            continue


@pytest.mark.parametrize(
    "body",
    [
        b"--xYzZY\r\n" * 400_000,
        b"--xYzZ" * 600_000,
        b"\n--xYzZ" * 500_000,
        b"\r\n" * 2_000_000,
        _part("a", b"")[:-6] * 40_000,
        b"--xYzZY\r\nContent-Disposition: " + b"form-data; " * 300_000,
        b"%" * 4_000_000,
        (b"--xYzZY\r\n" + b"content-disposition:;" * 380 + b"\r\n\r\n1\r\n") * 500 + b"--xYzZY--",
        (b"--xYzZY\r\n" + b"content-disposition:;\r\n" * 350 + b"\r\n1\r\n") * 500 + b"--xYzZY--",
        b"&".join([b"%41" * 1400 + b"="] * 999),
    ],
)
@pytest.mark.parametrize("content_type", [ENCODED, MULTIPART])
def test_four_hostile_megabytes_take_no_longer_than_others(body: bytes, content_type: bytes) -> None:
    began = time.perf_counter()
    with contextlib.suppress(Malformed):
        _read(body, content_type)
    assert time.perf_counter() - began < 0.5


def test_a_field_that_comes_fifty_times_is_decoded_once() -> None:
    body = b"&".join([b"a=" + b"%41" * LONGEST_FIELD_BYTES] * 50)
    began = time.perf_counter()
    assert _read(body, ENCODED) == {"a": "A" * LONGEST_FIELD_BYTES}
    assert time.perf_counter() - began < 1
