from app import config
from app.kpi.rules import Rules
from app.metrics.labels import CHANNEL_LIMIT, Channels, priority_label


def channels(text: str) -> Channels:
    rules: Rules = config.rules(config.parse(text), "log")
    return Channels(rules)


def test_a_configured_channel_has_its_name() -> None:
    assert channels("channels: {chat: }").label("chat") == "chat"


def test_a_channel_outside_the_list_is_other() -> None:
    assert channels("channels: {chat: }").label("fax") == "other"


def test_channels_of_a_list_are_known_from_the_start() -> None:
    assert channels("channels: {email: , chat: }").known() == ("chat", "email", "other")


def test_accepted_channels_have_their_name() -> None:
    assert channels("channels: {chat: }\nunlisted_channels: accept").label("fax") == "fax"


def test_without_a_list_the_first_channels_have_their_names() -> None:
    any_channel = channels("policy: p")
    labels = [any_channel.admit(f"c{index}") for index in range(CHANNEL_LIMIT + 5)]
    assert labels == [f"c{index}" for index in range(CHANNEL_LIMIT)] + ["other"] * 5


def test_what_overflows_is_counted_when_it_is_added_not_when_it_is_shown() -> None:
    any_channel = channels("policy: p")
    for index in range(CHANNEL_LIMIT + 5):
        any_channel.admit(f"c{index}")
    any_channel.label("one-more")
    assert any_channel.overflow == 5


def test_a_closed_list_does_not_overflow() -> None:
    closed = channels("channels: {chat: }")
    closed.admit("fax")
    assert closed.overflow == 0


def test_priorities_are_from_a_closed_list() -> None:
    assert [priority_label(word) for word in (None, "HIGH", "urgent", "p1")] == ["none", "high", "urgent", "other"]
