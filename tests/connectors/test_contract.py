"""What every connector must satisfy. A file in `app/connectors` that is none has its name in NO_CONNECTORS."""

import contextlib
import dataclasses
import importlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import app.connectors
from app.connectors.connector import SIGNATURE_FAULTS, Draft, Malformed, Request
from app.connectors.registry import CONNECTORS, POLLERS
from app.gateway.events import Finishing, InvalidEvent, Ready
from app.gateway.pseudonyms import Pseudonyms
from app.kpi.customers import Purchase, decode
from schemas.events import TICKET_EVENT
from schemas.topics import CUSTOMERS, EVENTS
from tests.connectors.cases.case import NOW_MS, Body, Case

NO_CONNECTORS = {
    "__init__",
    "amazon_connect",
    "connector",
    "contacts",
    "forms",
    "instants",
    "intercom_item",
    "json_body",
    "mail",
    "mail_headers",
    "members",
    "meta",
    "meta_messaging",
    "native",
    "one_json",
    "poller",
    "registry",
    "signatures",
    "standard_webhooks",
    "states",
    "twilio_calls",
    "twilio_signature",
    "wechat_aes",
    "well_known",
    "xml_body",
}
FILES = {path.stem for path in Path(app.connectors.__file__).parent.glob("*.py")}
FOUND = sorted(name for name in FILES - NO_CONNECTORS if not name.endswith("_poll"))
RECEIVED_AT = "2026-03-02T10:41:09Z"


def case_of(name: str) -> Case:
    case: Case = importlib.import_module(f"tests.connectors.cases.{name}").CASE
    return case


def _each(cases: Sequence[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.connector.name for case in cases])


def _json(case: Case) -> list[Body]:
    return [body for body in case.bodies if body.body.lstrip()[:1] in (b"{", b"[")]


CASES = [case_of(name) for name in FOUND]
SENT_JSON = [case for case in CASES if _json(case)]
POSTING = [case for case in CASES if case.connector.capabilities.takes_posts]
"""Of sources that post. The bodies of the others are what their pollers make of an answer."""
each = _each(CASES)
each_posting = _each(POSTING)
each_polled_only = _each([case for case in CASES if case not in POSTING])
each_sent_json = _each(SENT_JSON)
each_signing_bodies = _each([case for case in POSTING if case.signs_body])
each_signing_instants = _each([case for case in CASES if case.oldest_ms is not None])

_EXAMPLES = 20_000 * settings.default.max_examples // 100
many = settings(max_examples=-(-_EXAMPLES // (3 * len(CASES) + len(SENT_JSON))))
"""In all 20,000 bodies and headers in a run, however many connectors there are; `--hypothesis-profile=long` for fifty times as many."""


def _drafts(case: Case, request: Request) -> list[Draft]:
    items = case.connector.parse(request, case.account)
    return [draft for item in items for draft in case.connector.normalise(item, case.account)]


def _finished(case: Case, request: Request) -> list[Ready]:
    name = case.connector.name
    pseudonyms = Pseudonyms(b"k" * 32, name, case.account.name)
    finishing = Finishing(name, case.account.name, pseudonyms, joins_orders=True)
    return [finishing.finish(draft, RECEIVED_AT) for draft in _drafts(case, request)]


def _of_customers(case: Case, request: Request) -> list[Ready]:
    """What says whose tickets they are, where orders are joined."""
    name = case.connector.name
    finishing = Finishing(name, "a", Pseudonyms(b"k" * 32, name, "a"), joins_orders=True)
    return [each for draft in _drafts(case, request) for each in finishing.records(draft, RECEIVED_AT)[1:]]


def _requests(case: Case) -> list[tuple[Body, Request]]:
    return [(body, case.sign(body, case.secret, NOW_MS)) for body in case.bodies]


def test_every_file_is_in_the_registry() -> None:
    assert {CONNECTORS[name].name for name in CONNECTORS} == set(CONNECTORS)
    assert {type(connector).__module__.rpartition(".")[2] for connector in CONNECTORS.values()} == set(FOUND)


@each_posting
def test_what_is_signed_is_verified(case: Case) -> None:
    for _, request in _requests(case):
        assert case.connector.verify(request, case.account, NOW_MS).secret == 0


@each_polled_only
def test_what_is_only_polled_trusts_no_post(case: Case) -> None:
    assert case.connector.name in POLLERS
    accounts = (case.account, dataclasses.replace(case.account, secrets=(b"", b"k" * 32)))
    for _, request in _requests(case):
        assert {case.connector.verify(request, account, NOW_MS).secret for account in accounts} == {None}


@each
def test_a_body_gives_its_events(case: Case) -> None:
    assert case.bodies
    for body, request in _requests(case):
        assert tuple(event.type for event in _finished(case, request)) == body.expect


@each
def test_events_keep_the_contract_and_the_capabilities(case: Case) -> None:
    for _, request in _requests(case):
        for event in _finished(case, request):
            assert event.type in case.connector.capabilities.emits
            assert (event.topic != EVENTS.name) == case.connector.capabilities.knows_no_tickets
            if event.topic == EVENTS.name:
                TICKET_EVENT.validate_json(event.value)
                assert event.key == json.loads(event.value)["ticket_id"].encode()
            else:
                assert isinstance(decode(event.value)[0], Purchase)


@each
def test_what_it_says_it_emits_is_a_type_of_the_contract(case: Case) -> None:
    assert case.connector.capabilities.emits <= set(TICKET_EVENT.json_schema()["discriminator"]["mapping"])


@each
def test_a_redelivery_is_the_same_to_the_byte(case: Case) -> None:
    for body, request in _requests(case):
        later = case.sign(body, case.secret, NOW_MS + 86_400_000)
        assert _finished(case, request) == _finished(case, later)
        ids = [event.id for event in _finished(case, request)]
        assert len(set(ids)) == len(ids)


@each
def test_nothing_private_comes_through(case: Case) -> None:
    whole = b"".join(body.body for body in case.bodies)
    assert all(word.encode() in whole for word in case.private), "a private word must be in some body"
    for _, request in _requests(case):
        for event in (*_finished(case, request), *_of_customers(case, request)):
            assert decode(event.value) if event.topic == CUSTOMERS.name else True
            text = event.value.decode() + event.key.decode()
            assert [word for word in case.private if word in text] == []


PLANTED = "Jane Doe <jane@planted.example> +49 151 76543210 token-of-mine-7f9a"
PLANTED_WORDS = ("Jane", "planted", "76543210", "token-of-mine")


def _said(case: Case, value: Any, sample: Body) -> str:
    """All that a body makes the gateway say, of its events or of its faults."""
    try:
        request = case.sign(Body(json.dumps(value).encode(), (), sample.headers), case.secret, NOW_MS)
        ready = [*_finished(case, request), *_of_customers(case, request)]
    except (Malformed, InvalidEvent) as error:
        return f"{error} {getattr(error, 'detail', '')}"
    return " ".join(f"{event.key!r} {event.value!r}" for event in ready)


def _leaves(value: Any, name: str = "") -> Iterator[tuple[Any, Any, str]]:
    """(container, key, name of the field) of every text, also of those in lists."""
    for key in value if isinstance(value, dict) else range(len(value)):
        field = key if isinstance(key, str) else name
        if isinstance(value[key], dict | list):
            yield from _leaves(value[key], field)
        elif isinstance(value[key], str):
            yield value, key, field


def planted(case: Case, sample: Body) -> Iterator[tuple[str, Any]]:
    """(field, value) for every text of a JSON body, with the planted one in its place. The value changes afterwards."""
    value = json.loads(sample.body)
    for container, key, field in list(_leaves(value)):
        if field not in case.says:
            before, container[key] = container[key], PLANTED
            yield field, value
            container[key] = before


def said_of_planted(case: Case, sample: Body) -> Iterator[tuple[str, str]]:
    """(field, what is said) for every text of a body, with the planted one in its place."""
    return ((field, _said(case, value, sample)) for field, value in planted(case, sample))


@each_sent_json
def test_what_is_planted_in_any_text_of_any_body_is_said_nowhere(case: Case) -> None:
    told = [one for sample in _json(case) for one in said_of_planted(case, sample)]
    assert told
    assert [(field, said) for field, said in told if any(word in said for word in PLANTED_WORDS)] == []


@each_sent_json
def test_an_instant_in_another_unit_is_refused_and_never_guessed(case: Case) -> None:
    for sample in _json(case):
        value = json.loads(sample.body)
        instants = set(_instants(_said(case, value, sample)))
        for factor in (1000, 0.001):
            said = _said(case, _scaled(value, factor), sample)
            assert set(_instants(said)) <= instants, said


def _instants(said: str) -> list[str]:
    return re.findall(r'"occurred_at":"([^"]+)"', said)


def _scaled(value: Any, factor: float) -> Any:
    """With every number that may be an instant in another unit."""
    if isinstance(value, dict):
        return {name: _scaled(inner, factor) for name, inner in value.items()}
    if isinstance(value, list):
        return [_scaled(inner, factor) for inner in value]
    is_instant = isinstance(value, int | float) and 1_262_304_000 <= value <= 4_102_444_800_000
    return int(value * factor) if is_instant else value


@each
def test_another_account_has_other_ids_and_pseudonyms(case: Case) -> None:
    drafts = _drafts(case, _requests(case)[0][1])
    name = case.connector.name
    one, two = (
        [
            Finishing(name, account, Pseudonyms(b"k" * 32, name, account), joins_orders=True).finish(draft, RECEIVED_AT)
            for draft in drafts
        ]
        for account in ("one", "two")
    )
    assert {event.id for event in one}.isdisjoint(event.id for event in two)


@each_signing_bodies
@given(position=st.integers(min_value=0), flip=st.integers(1, 255))
def test_one_changed_byte_is_refused(case: Case, position: int, flip: int) -> None:
    for _, request in _requests(case):
        changed = bytearray(request.body)
        changed[position % len(changed)] ^= flip
        verdict = case.connector.verify(request._replace(body=bytes(changed)), case.account, NOW_MS)
        assert verdict == (None, "mismatch")


@each_posting
@given(position=st.integers(min_value=0), flip=st.integers(1, 255))
def test_one_changed_byte_in_a_signed_header_is_refused(case: Case, position: int, flip: int) -> None:
    for name in case.signed_headers:
        request = _requests(case)[0][1]
        value = bytearray(request.headers[name])
        value[position % len(value)] ^= flip
        changed = request._replace(headers={**request.headers, name: bytes(value)})
        assert case.connector.verify(changed, case.account, NOW_MS).secret is None


@each_posting
def test_a_missing_signed_header_is_refused(case: Case) -> None:
    request = _requests(case)[0][1]
    for name in case.signed_headers:
        headers = {other: value for other, value in request.headers.items() if other != name}
        assert case.connector.verify(request._replace(headers=headers), case.account, NOW_MS).fault == "missing-header"


@each_posting
def test_another_secret_is_refused(case: Case) -> None:
    for body in case.bodies:
        request = case.sign(body, case.other_secret, NOW_MS)
        assert case.connector.verify(request, case.account, NOW_MS) == (None, "mismatch")


@each_signing_instants
def test_a_post_signed_long_ago_or_ahead_is_stale(case: Case) -> None:
    assert case.oldest_ms is not None
    for now_ms, fault in (
        (NOW_MS - case.oldest_ms, None),
        (NOW_MS - case.oldest_ms - 1000, "stale"),
        (NOW_MS + 301_000, "stale"),
    ):
        request = case.sign(case.bodies[0], case.secret, now_ms)
        assert case.connector.verify(request, case.account, NOW_MS).fault == fault


@each_posting
def test_while_a_secret_is_replaced_both_sign_and_the_verdict_says_which(case: Case) -> None:
    keys = tuple(case.connector.key(secret) for secret in (case.other_secret, case.secret))
    account = dataclasses.replace(case.account, secrets=keys)
    for index, secret in enumerate((case.other_secret, case.secret)):
        request = case.sign(case.bodies[0], secret, NOW_MS)
        assert case.connector.verify(request, account, NOW_MS) == (index, None)


_HEADER = st.dictionaries(st.binary(max_size=30), st.binary(max_size=60), max_size=8)


@each
@many
@given(headers=_HEADER, body=st.binary(max_size=300), data=st.data())
def test_arbitrary_bytes_are_refused_and_never_raise(
    case: Case, headers: dict[bytes, bytes], body: bytes, data: st.DataObject
) -> None:
    named = {name: data.draw(st.binary(max_size=80)) for name in case.signed_headers}
    verdict = case.connector.verify(Request("POST", {**headers, **named}, {}, body), case.account, NOW_MS)
    assert verdict.secret is None
    assert verdict.fault in SIGNATURE_FAULTS


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
)


@each
@many
@given(body=st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_signed_nonsense_gives_events_or_malformed(case: Case, body: bytes) -> None:
    for sample in case.bodies[:3]:
        request = case.sign(Body(body, (), sample.headers), case.secret, NOW_MS)
        try:
            _drafts(case, request)
        except Malformed:
            continue


@each_sent_json
@many
@given(data=st.data())
def test_a_body_with_one_value_replaced_gives_events_or_malformed(case: Case, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(_json(case)))
    value = json.loads(body.body)
    _replace_one(value, data.draw(_JSON), data)
    request = case.sign(Body(json.dumps(value).encode(), (), body.headers), case.secret, NOW_MS)
    try:
        items: Sequence[Any] = case.connector.parse(request, case.account)
        for item in items:
            case.connector.normalise(item, case.account)
    except Malformed:
        pass


def _replace_one(value: Any, by: Any, data: st.DataObject) -> None:
    """Somewhere inside, or taken away."""
    while isinstance(value, dict | list) and value:
        key: Any = data.draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        if not isinstance(value[key], dict | list) or not value[key] or data.draw(st.booleans()):
            if isinstance(value, dict) and data.draw(st.booleans()):
                del value[key]
            else:
                value[key] = by
            return
        value = value[key]


@each
@many
@given(data=st.data())
def test_a_body_with_bytes_replaced_gives_events_or_malformed(case: Case, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(case.bodies))
    body = bytearray(sample.body)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 40)))
        body[start:end] = data.draw(
            st.binary(max_size=8) | st.sampled_from([b"\r\n", b"--", b"<", b'"', b"\x00", b"@", b","])
        )
    with contextlib.suppress(Malformed, InvalidEvent):
        _finished(case, case.sign(Body(bytes(body), (), sample.headers), case.secret, NOW_MS))


@each_posting
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_asks_nothing_is_answered_nothing(case: Case, method: str) -> None:
    request = _requests(case)[0][1]._replace(method=method)
    assert case.connector.handshake(request, case.account) is None


@each_posting
def test_the_answer_to_a_good_post_is_a_success(case: Case) -> None:
    assert 200 <= case.connector.accepted(_requests(case)[0][1]).status < 300


@each_posting
def test_an_account_is_never_shown_with_its_secrets(case: Case) -> None:
    assert case.secret not in repr(case.account)
    assert repr(case.account.secrets[0]) not in repr(case.account)
