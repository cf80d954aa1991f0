"""The life of one made-up ticket, from the first message to the last: what happens, and when."""

import math
from random import Random
from typing import Any, NamedTuple

from app.traffic.characters import AGENTS_PER_TEAM, TEAM_BY_SUBJECT, TOPICS, Character

_PRIORITIES = (("normal", 80), ("high", 15), ("urgent", 5))
_SCORES = ((5, 52), (4, 24), (3, 9), (2, 6), (1, 9))
_SENTIMENTS = (("neutral", 60), ("negative", 28), ("positive", 12))
_OFFHAND_REASONS = (("spam", 50), ("deleted", 20), ("abandoned", 30))


class Step(NamedTuple):
    """Something happened to the ticket: when, and the fields of its own."""

    at_ms: int
    fields: dict[str, Any]


def life(
    dice: Random, character: Character, started_ms: int, *, speed: float = 1, load: float = 1, other: str | None = None
) -> list[Step]:
    """Everything that happens to one ticket, in order; at least one step, the first at its start.

    All waiting is `speed` times shorter than it would be; humans answer `load` times later than usual. `other` is a
    ticket that this one may be merged into.
    """
    return _Life(dice, character, started_ms, speed, load).lived(other)


class _Life:
    def __init__(self, dice: Random, character: Character, started_ms: int, speed: float, load: float) -> None:
        self._dice = dice
        self._character = character
        self._now_ms = started_ms
        self._speed = speed
        self._load = load
        self._steps: list[Step] = []
        self._customer = {"author_id": f"c-{dice.getrandbits(48):012x}"}
        self._topic = dice.choice(TOPICS)
        self._enter_team(TEAM_BY_SUBJECT[self._topic.partition("/")[0]])

    def lived(self, other: str | None) -> list[Step]:
        character = self._character
        self._arrive()
        if self._chance(character.unanswered):
            self._nobody_answers()
        elif character.calls:
            self._call()
            self._ask()
        elif self._bot_needs_help():
            self._humans(character.turns)
            self._end(other)
        return self._steps

    def _arrive(self) -> None:
        common = {
            "priority": self._one_of(_PRIORITIES),
            "topic": self._topic,
            "customer_id": self._customer["author_id"],
        }
        if self._character.calls:
            self._happens("ticket-opened", **common)
            if self._chance(0.3):
                self._happens("call-offered-messaging", accepted=self._chance(0.4))
            return
        self._customer_writes(**common, sentiment=self._one_of(_SENTIMENTS))
        if self._chance(self._character.acknowledged):
            self._wait(2)
            self._happens("reply-sent", author_kind="automation")
        if self._chance(0.25):
            self._wait(self._character.customer_seconds / 5)
            self._customer_writes()

    def _nobody_answers(self) -> None:
        if self._chance(0.4):
            self._wait(self._character.reply_seconds * 3)
            self._customer_writes(sentiment="negative")
        if self._chance(0.3):
            self._wait(self._character.reply_seconds * 4)
            self._happens("ticket-closed", author_kind="automation", reason=self._one_of(_OFFHAND_REASONS))

    def _bot_needs_help(self) -> bool:
        """Let the bot try, where there is one; whether a human has to go on."""
        if not self._chance(self._character.bot):
            return True
        self._bot_replies()
        self._wait(self._character.customer_seconds)
        self._customer_writes(**({"quick_reply": self._topic.partition("/")[2]} if self._chance(0.5) else {}))
        if self._chance(self._character.hand_over):
            self._wait(1)
            self._happens("ticket-handed-over", to="human")
            return True
        self._bot_replies()
        self._wait(self._character.customer_seconds * 2)
        self._happens("ticket-closed", author_kind="bot", reason="resolved")
        self._ask()
        return False

    def _bot_replies(self) -> None:
        self._wait(2, spread=0.3)
        self._happens("reply-sent", author_kind="bot", author_id="bot")

    def _humans(self, turns: float) -> None:
        self._wait(self._character.reply_seconds * self._load * 0.3)
        self._happens("ticket-assigned", **self._assignment)
        self._wait(self._character.reply_seconds * self._load * 0.7)
        self._agent_replies()
        while self._chance(1 - 1 / turns):
            self._another_turn()

    def _another_turn(self) -> None:
        if self._chance(0.1):
            self._wait(5)
            self._happens("ticket-paused", reason="customer")
        self._wait(self._character.customer_seconds)
        self._customer_writes()
        if self._chance(0.08):
            self._escalate()
        if self._chance(0.08):
            self._third_party()
        self._wait(self._character.reply_seconds * self._load * 0.5)
        if self._chance(0.1):
            self._happens("reply-sent", author_kind="agent", public=False, **self._agent)
            self._wait(20)
        self._agent_replies()

    def _escalate(self) -> None:
        self._wait(60)
        self._happens("ticket-labelled", priority="urgent", tags=["escalated"])
        self._enter_team("technical")
        self._wait(30)
        self._happens("ticket-assigned", **self._assignment)

    def _third_party(self) -> None:
        self._wait(30)
        self._happens("ticket-paused", reason="third_party")
        self._wait(self._character.reply_seconds * 2)
        self._happens("ticket-resumed")

    def _end(self, other: str | None) -> None:
        if other is not None and self._chance(0.02):
            self._happens("ticket-merged", into=other)
        elif self._chance(self._character.idle):
            self._wait(self._character.customer_seconds * 6)
            self._happens("ticket-closed", author_kind="automation", reason="idle")
        else:
            self._solve()
            if self._chance(self._character.reopened):
                self._reopen()

    def _solve(self) -> None:
        if self._chance(0.5):  # else the last reply closes, at one instant
            self._wait(self._character.customer_seconds)
        self._happens("ticket-closed", author_kind="agent", reason="resolved", **self._agent)
        self._ask()

    def _reopen(self) -> None:
        self._wait(self._character.customer_seconds * 4)
        if self._chance(0.2):
            self._happens("ticket-reopened", author_kind="agent", **self._agent)
            self._wait(10)
        self._customer_writes(sentiment="negative")
        self._humans(1.5)
        self._solve()

    def _call(self) -> None:
        self._wait(self._character.reply_seconds * self._load)
        self._happens("ticket-assigned", **self._assignment)
        talk, hold, wrap = (self._seconds(median, 0.6) for median in (240, 30, 60))
        self._now_ms += round((talk + hold + wrap) * 1000)
        times = {"talk_seconds": round(talk, 3), "hold_seconds": round(hold, 3), "wrap_seconds": round(wrap, 3)}
        self._happens("call-ended", agent_id=self._agent["author_id"], **times)
        self._happens("ticket-closed", author_kind="agent", reason="resolved", **self._agent)

    def _ask(self) -> None:
        if self._chance(0.03):
            amount = f"{self._dice.uniform(10, 300):.2f}"
            self._wait(300)
            self._happens(
                "order-placed", order_id=f"o-{self._dice.getrandbits(40):010x}", amount=amount, currency="EUR"
            )
        if self._chance(self._character.surveyed):
            self._wait(10)
            self._happens("survey-sent", author_kind="automation")
            if self._chance(0.4):
                self._wait(120)
                self._happens("survey-answered", score=self._one_of(_SCORES), **self._customer)

    def _customer_writes(self, **fields: Any) -> None:
        self._happens("message-received", **self._customer, **fields)

    def _agent_replies(self) -> None:
        self._happens("reply-sent", author_kind="agent", **self._agent)

    def _enter_team(self, team: str) -> None:
        agent = f"{team}-{self._dice.randrange(AGENTS_PER_TEAM) + 1:02d}"
        self._agent = {"author_id": agent}
        self._assignment = {"agent_id": agent, "team": team}

    def _happens(self, kind: str, **fields: Any) -> None:
        self._steps.append(Step(self._now_ms, {"type": kind, **fields}))

    def _wait(self, median_seconds: float, spread: float = 0.9) -> None:
        # At least a millisecond: what follows must not share the instant of what it follows.
        self._now_ms += max(1, round(1000 * self._seconds(median_seconds, spread)))

    def _seconds(self, median_seconds: float, spread: float) -> float:
        return median_seconds / self._speed * math.exp(self._dice.gauss(0, spread))

    def _chance(self, share: float) -> bool:
        return self._dice.random() < share

    def _one_of(self, weighted: tuple[tuple[Any, int], ...]) -> Any:
        return self._dice.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]
