"""What others publish of Twilio gives what is expected of it."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from tests.connectors.cases import twilio
from tests.connectors.cases.case import NOW_MS, Body
from tests.connectors.test_contract import PLANTED, PLANTED_WORDS, _finished


def _samples(shared: Path, source: str) -> dict[str, tuple[str, ...]]:
    files = json.loads((shared / "webhooks/sources.json").read_text())["files"]
    return {one["file"]: tuple(one["expect"]) for one in files if one["source"] == source}


def test_the_samples_of_twilio_give_what_is_expected(shared: Path) -> None:
    samples = _samples(shared, "twilio")
    assert samples
    for name, expect in samples.items():
        body = Body((shared / "webhooks" / name).read_bytes(), (), twilio.FORM)
        request = twilio.CASE.sign(body, twilio.CASE.secret, NOW_MS)
        assert twilio.CASE.connector.verify(request, twilio.CASE.account, NOW_MS).secret == 0
        assert tuple(event.type for event in _finished(twilio.CASE, request)) == expect, name


def test_nothing_that_is_planted_in_a_form_comes_through(shared: Path) -> None:
    for name in _samples(shared, "twilio"):
        pairs = parse_qsl((shared / "webhooks" / name).read_text(), keep_blank_values=True)
        for field, _ in pairs:
            planted = urlencode([(one, PLANTED if one == field else value) for one, value in pairs]).encode()
            request = twilio.CASE.sign(Body(planted, (), twilio.FORM), twilio.CASE.secret, NOW_MS)
            said = b" ".join(event.key + event.value for event in _finished(twilio.CASE, request)).decode()
            assert [word for word in PLANTED_WORDS if word in said] == [], field
