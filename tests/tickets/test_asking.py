"""All workers together: right where all answer, and never silent about a gap."""

import msgspec
import pytest

from app.health import TEXT, Answer, Request
from app.tickets.asking import Gathered, gather
from app.tickets.page import PATH
from app.tickets.query import Query
from tests.tickets.conftest import Workers, partition

TOKEN = b"a-token-of-some-length"


def ids(found: Gathered) -> list[str]:
    return [ticket.ticket_id for ticket in found.tickets]


async def test_the_tickets_of_all_workers_come_oldest_first(worker: Workers) -> None:
    one = worker(partition("10:00 message ticket=a, 10:02 message ticket=c"))
    other = worker(partition("10:00:00.500 message ticket=b, 10:03 message ticket=d", 1))
    found = await gather([one, other], Query(limit=3), None)
    assert (ids(found), found.total, sorted(found.partitions), found.problems) == (["a", "b", "c"], 4, [0, 1], [])
    assert found.is_complete


async def test_more_than_one_answer_holds_is_asked_for_page_by_page(worker: Workers) -> None:
    story = ", ".join(f"10:00 message ticket=ä+&{number:04d}" for number in range(2500))
    found = await gather([worker(partition(story, of=1), of=1)], Query(limit=2400, channel="web"), None)
    assert ids(found) == [f"ä+&{number:04d}" for number in range(2400)]
    assert found.total == 2500


async def test_a_partition_that_moves_counts_once_as_who_read_further_knows_it(worker: Workers) -> None:
    before = partition("10:00 message ticket=a, 10:01 message ticket=b")
    after = partition("10:00 message ticket=a, 10:01 message ticket=b, 10:02 reply ticket=a")
    rest = partition("10:00 message ticket=c", 1)
    for workers in ([worker(before, rest), worker(after)], [worker(after, rest), worker(before)]):
        found = await gather(workers, Query(), None)
        assert (sorted(ids(found)), found.total) == (["b", "c"], 2)


async def test_partitions_that_nobody_answers_for_are_missed(worker: Workers) -> None:
    found = await gather([worker(partition("10:00 message ticket=a"))], Query(), None)
    assert (ids(found), found.is_complete, sorted(found.partitions), found.of_partitions) == (["a"], False, [0], 2)


async def test_a_worker_that_is_not_there_is_named_and_the_others_are_heard(worker: Workers) -> None:
    found = await gather([worker(partition("10:00 message")), "http://127.0.0.1:9"], Query(), None)
    (problem,) = found.problems
    assert problem.startswith("http://127.0.0.1:9 does not answer (")
    assert "CAREBEAT_TICKETS_HOST and _PORT" in problem
    assert not found.is_complete


async def test_the_token_opens_and_its_absence_is_told(worker: Workers) -> None:
    address = worker(partition("10:00 message"), token=TOKEN)
    assert (await gather([address], Query(), TOKEN)).total == 1
    for wrong in (None, b"another-token-of-length"):
        found = await gather([address], Query(), wrong)
        assert "answers 401" in found.problems[0]
        assert (wrong or b"-").decode() not in found.problems[0] or wrong is None
        assert found.tickets == []


async def test_the_token_does_not_follow_a_redirect(worker: Workers) -> None:
    asked: list[Request] = []

    def listens(request: Request) -> Answer:
        asked.append(request)
        return Answer(200, TEXT, b"")

    target = worker(says=listens)
    away = worker(says=lambda _: Answer(302, TEXT, b"", (("Location", target + PATH),)))
    found = await gather([away], Query(), TOKEN)
    assert ("answers 302" in found.problems[0], asked) == (True, [])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"state": "waiting"}', b"x" * (17 << 20)])
async def test_what_is_no_answer_is_a_problem_and_no_crash(worker: Workers, body: bytes) -> None:
    found = await gather([worker(says=lambda _: Answer(200, "application/json", body))], Query(), None)
    assert (len(found.problems), found.tickets, found.is_complete) == (1, [], False)


async def test_an_answer_with_an_odd_instant_is_a_problem(worker: Workers) -> None:
    body = msgspec.json.encode(
        {
            "state": "waiting",
            "channel": None,
            "total": 0,
            "partitions": [{"partition": 0, "as_of": "yesterday", "total": 0}],
            "of_partitions": 1,
            "channels": [],
            "tickets": [],
            "next": None,
        }
    )
    found = await gather([worker(says=lambda _: Answer(200, "application/json", body))], Query(), None)
    assert "not like a worker of this version" in found.problems[0]


async def test_workers_of_two_deployments_are_noticed(worker: Workers) -> None:
    one, other = worker(partition("10:00 message")), worker(partition("10:00 message", 1), of=3)
    found = await gather([one, other], Query(), None)
    assert ("speak of 2 and 3 partitions" in found.problems[0], found.is_complete) == (True, False)
