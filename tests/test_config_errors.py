import pytest

from app.config import parse
from app.errors import ConfigurationError


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "c.yaml")
    return str(refused.value)


def test_an_unknown_key_is_told_the_nearest() -> None:
    assert complaint("\nreporting_zon: UTC") == (
        "c.yaml:2: `reporting_zon` is no key here; did you mean `reporting_zone`?"
        " For example `reporting_zone: Europe/Berlin`"
    )


def test_a_key_of_another_place_is_told_its_own() -> None:
    assert complaint("channels: {web: {first_response: 4h}}") == (
        "c.yaml:1: `first_response` is no key here; it stands under `sla`, for example `sla: {first_response: 4h}`"
    )


def test_a_key_like_no_other_is_told_all() -> None:
    assert complaint("forget: {everything: 1d}") == (
        "c.yaml:1: `everything` is no key here; known: closed, open. For example `closed: 90d`"
    )


def test_every_problem_is_told_with_its_line() -> None:
    lines = complaint("policy: 1\ndefaults:\n  at_risk: 2\nchannels:\n  web:\n    settel: 1h\n").splitlines()
    assert [line.split()[0] for line in lines] == ["c.yaml:1:", "c.yaml:3:", "c.yaml:6:"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("defaults: {at_risk: 1}", "`at_risk` (1) should be less than 1; for example `at_risk: 0.8`"),
        ("defaults: {at_risk: most}", "`at_risk` (most) must be a number"),
        ("defaults: {reopen_on_message: yes}", "`reopen_on_message` (yes) must be true or false"),
        ("defaults: {unknown_authors: human}", "(human) should be 'agent', 'bot' or 'automation'"),
        ("defaults: {sla: {resolution: soon}}", "`resolution` (soon) is no duration"),
        ("defaults: {close_after_silence: never}", "or off"),
        ("forget: {open: off}", "or never"),
        ("reporting_zone: Europe/Berln", "(Europe/Berln) is no time zone; did you mean Europe/Berlin?"),
        ("policy: [a]", "`policy` must be text"),
        ("channels: {web: 5}", "`web` (5) must be keys with values; for example `web: {sla: {first_response: 20m}}`"),
        ("channels: {}", "`channels` names nothing"),
        (
            "channels: {" + ", ".join(f"c{n}: " for n in range(1_001)) + "}",
            "`channels` has more than 1000 entries; for",
        ),
        ("channels: {WhatsApp: {}}", "`WhatsApp` must be a name"),
        ("channels: {all: {}}", "what holds everywhere stands under `defaults`"),
    ],
)
def test_a_wrong_value_is_told_its_limit_and_a_right_line(text: str, words: str) -> None:
    assert words in complaint(text)
