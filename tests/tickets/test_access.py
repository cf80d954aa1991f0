import pytest

from app.health import Answer
from app.tickets.access import Access, is_loopback

TOKEN = b"a-token-of-some-length"


def refused(access: Access, **headers: str) -> Answer:
    answer = access.refusal(headers)
    assert answer is not None
    return answer


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_what_only_this_machine_reaches(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "10.0.0.1", "worker-1", "localhost.example", "127.0.0.1.example"]
)
def test_what_others_reach_too(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("authorization", [b"Bearer " + TOKEN, b"bearer " + TOKEN, b"Bearer  " + TOKEN + b" "])
def test_the_right_token_is_let_in_from_anywhere(authorization: bytes) -> None:
    assert Access("0.0.0.0", TOKEN).refusal({"authorization": authorization.decode()}) is None


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer wrong",
        "Bearer " + TOKEN.decode()[:-1],
        "Bearer " + TOKEN.decode() + "x",
        "Bearer",
        "Bearer ",
        "Basic " + TOKEN.decode(),
        TOKEN.decode(),
        "Bearer \xff\xfe\x00",
        "Bearer grüße",
        "Bearer \u20ac",
        "",
    ],
)
def test_another_token_is_not(authorization: str) -> None:
    answer = refused(Access("127.0.0.1", TOKEN), authorization=authorization, host="127.0.0.1:9465")
    assert (answer.status, answer.headers) == (401, (("WWW-Authenticate", 'Bearer realm="carebeat"'),))


def test_no_token_is_told_how_to_show_one() -> None:
    answer = refused(Access("127.0.0.1", TOKEN), host="127.0.0.1:9465")
    assert (answer.status, b"Authorization: Bearer TOKEN" in answer.body) == (401, True)


def test_a_refusal_says_nothing_of_the_token() -> None:
    answer = refused(Access("127.0.0.1", TOKEN), authorization="Bearer guessed-by-somebody")
    assert TOKEN not in answer.body
    assert b"guessed" not in answer.body


@pytest.mark.parametrize("host", ["127.0.0.1:9465", "localhost:9465", "[::1]:9465", "127.0.0.1"])
def test_without_a_token_this_machine_is_let_in(host: str) -> None:
    assert Access("127.0.0.1", None).refusal({"host": host}) is None


def test_without_a_token_nobody_is_where_others_could_ask() -> None:
    answer = refused(Access("0.0.0.0", None), host="127.0.0.1:9465")
    assert answer.status == 403
    assert b"CAREBEAT_TICKETS_HOST=0.0.0.0" in answer.body
    assert b"set CAREBEAT_TICKETS_TOKEN" in answer.body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9465", "", "[", "127.0.0.1.evil.example", "@127.0.0.1:x@evil"]
)
def test_a_browser_that_was_lured_here_by_name_is_not_let_in(host: str) -> None:
    assert refused(Access("127.0.0.1", None), host=host).status == 403
