"""The worker's log: what repeats is said once in a while, what is ours always."""

import logging

from app.logs import OncePerWhile


def _record(name: str, message: str, *fields: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, message, fields, None)


def test_a_library_that_repeats_itself_is_heard_once_in_a_while() -> None:
    now_seconds = 100.0
    once = OncePerWhile(lambda: now_seconds)
    assert once.filter(_record("aiokafka.client", "no broker %s", 1))
    assert not once.filter(_record("aiokafka.client", "no broker %s", 2))
    now_seconds = 110.0
    assert once.filter(_record("aiokafka.client", "no broker %s", 3))


def test_other_words_and_our_own_lines_always_pass() -> None:
    once = OncePerWhile(lambda: 100.0)
    assert once.filter(_record("aiokafka.client", "one thing"))
    assert once.filter(_record("aiokafka.client", "another"))
    assert all(once.filter(_record("app.engine.crash", "the same")) for _ in range(3))
