"""What the sources tell of the hour: which stories, which posts, and the events that the connectors' functions make of them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Any, Final, NamedTuple

from app.connectors.connector import Request
from app.gateway.events import Finishing
from app.gateway.pseudonyms import Pseudonyms
from tests.connectors.cases.case import NOW_MS, Body, Case
from tests.gateway.sender import PSEUDONYM_KEY
from tests.mixed.sources import DESK, DESK_ON_WHATSAPP, SOURCES, UNDER_IT, WHATSAPP_UNDER_IT, Source
from tests.mixed.story import PER_SOURCE, Kind, Story

SEED: Final = 20_260_302
STORIES_EACH: Final = 8
_AGAIN: Final = 0.1
"""Of all posts come twice."""
_LATEST_SECONDS: Final = 300
"""By which posts overtake each other."""
_RECEIVED_AT: Final = "2026-03-02T12:00:00Z"


class Post(NamedTuple):
    """What a source sends of a step."""

    path: str
    body: Body
    seconds: int


class Told(NamedTuple):
    """A story by a source."""

    path: str
    source: Source
    story: Story

    def posts(self) -> Iterator[Post]:
        """What the source sends of it."""
        for step in self.story.steps:
            body = self.source.tell(self.story, step)
            assert (body is not None) == (step.kind in (self.source.posts or self.source.tells))
            if body is not None:
                yield Post(self.path, body, step.seconds)

    def events(self) -> list[dict[str, Any]]:
        """What the connector's functions make of it, without a gateway."""
        return [event for post in self.posts() for event in _events(post, self.source.case)]

    @property
    def key(self) -> tuple[str, int]:
        """Which story of which source."""
        return self.path, self.story.number

    @property
    def ticket_id(self) -> str:
        """What it is known by."""
        (ticket_id,) = {str(event["ticket_id"]) for event in self.events()}
        return ticket_id


def everything() -> list[Told]:
    """All stories that count, each by its authority."""
    found = []
    for index, (path, source) in enumerate((*SOURCES.items(), (DESK, DESK_ON_WHATSAPP)), start=1):
        found += [Told(path, source, story) for story in source.stories(SEED, index * PER_SOURCE, STORIES_EACH)]
    return found


def told_again(told: Iterable[Told]) -> list[Told]:
    """What WhatsApp tells of the conversations that the desk has."""
    return [Told(UNDER_IT, WHATSAPP_UNDER_IT, one.story) for one in told if one.source is DESK_ON_WHATSAPP]


def as_they_come(posts: Iterable[Post]) -> list[Post]:
    """Out of order, some twice."""
    dice = Random(SEED)
    all_posts = [*posts]
    all_posts += [post for post in all_posts if dice.random() < _AGAIN]
    return sorted(all_posts, key=lambda post: post.seconds + dice.randrange(_LATEST_SECONDS))


def count(told: Iterable[Told], kind: Kind) -> Counter[str]:
    """How often it happened by channel, as far as its source tells it."""
    found: Counter[str] = Counter()
    for one in told:
        found[one.source.channel] += one.story.count(kind) if kind in one.source.tells else 0
    return +found


def talked(told: Iterable[Told]) -> list[int]:
    """The seconds of all calls that somebody took."""
    return [one.story.talked_seconds for one in told if one.story.talked_seconds]


def _events(post: Post, case: Case) -> Iterator[dict[str, Any]]:
    connector, (name, _, account) = case.connector, post.path.partition("/")
    finishing = Finishing(name, account, Pseudonyms(PSEUDONYM_KEY.encode(), name, account))
    request: Request = case.sign(post.body, case.secret, NOW_MS)
    named = replace(case.account, name=account)
    for item in connector.parse(request, named):
        for draft in connector.normalise(item, named):
            yield json.loads(finishing.finish(draft, _RECEIVED_AT).value)
