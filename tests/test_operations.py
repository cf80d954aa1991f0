from datetime import timedelta

import pytest

from app.config import default_path, load, parse
from app.errors import ConfigurationError
from app.operations import SHORTEST_WINDOW, Operations
from app.render.burn import WINDOWS
from app.spans import parse_span


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "c.yaml")
    return str(refused.value)


def test_the_packaged_example_shows_the_defaults_as_they_are() -> None:
    assert load(default_path()).operations == Operations()


def test_a_receiver_may_be_named_alone() -> None:
    receivers = parse('operations: {receivers: {page: {url: "https://pager/x", token_file: /t}}}').operations.receivers
    assert (receivers.page.url, receivers.page.token_file) == ("https://pager/x", "/t")
    assert receivers.ticket == Operations().receivers.ticket


@pytest.mark.parametrize("url", ["https://user:pass@pager/x", "https://pager/x?token=1", "https://pager/x#t"])
def test_an_address_with_a_secret_in_it_is_refused(url: str) -> None:
    assert "`token_file`" in complaint(f'operations: {{receivers: {{page: {{url: "{url}"}}}}}}')


@pytest.mark.parametrize("url", ["pager", "ftp://pager/", "//pager/x", "https:///x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    assert "is no address" in complaint(f'operations: {{grafana_url: "{url}"}}')


def test_a_limit_below_what_can_be_seen_is_refused() -> None:
    assert "`stalled_after` (30s) must be at least 4 times `interval` (15s)" in complaint(
        "operations: {stalled_after: 30s}"
    )


def test_an_interval_too_long_for_the_shortest_window_is_refused() -> None:
    """Such as 6m: a rate over 5 min would see one sample at most, and its alert could never fire."""
    assert parse("operations: {interval: 75s, stalled_after: 5m}").operations.interval == timedelta(seconds=75)
    said = complaint("operations: {interval: 76s, stalled_after: 6m}")
    assert "`interval` (1m16s) must be at most 1m15s" in said
    assert "5m" in said


def test_the_shortest_window_is_that_of_the_rules() -> None:
    assert parse_span(WINDOWS[0]) == SHORTEST_WINDOW


def test_an_interval_is_whole_seconds() -> None:
    assert "whole seconds" in complaint("operations: {interval: 0.5}")


def test_how_it_is_watched_changes_no_figure() -> None:
    from app.config import rules

    assert rules(parse("operations: {interval: 1s}"), "log") == rules(parse(""), "log")
