from random import Random

import pytest

from app.traffic.characters import CHARACTERS, Character
from app.traffic.life import Step, life


def _lives(character: Character, count: int = 300, **more: float) -> list[list[Step]]:
    dice = Random(1)
    return [life(dice, character, 1000, other="another", **more) for _ in range(count)]


@pytest.mark.parametrize("character", CHARACTERS, ids=lambda character: character.channel)
def test_a_life_begins_at_its_start_and_goes_forward(character: Character) -> None:
    for steps in _lives(character):
        instants = [step.at_ms for step in steps]
        assert (instants[0], instants) == (1000, sorted(instants))


@pytest.mark.parametrize("character", CHARACTERS, ids=lambda character: character.channel)
def test_a_life_begins_with_the_customer(character: Character) -> None:
    first = "ticket-opened" if character.calls else "message-received"
    assert {steps[0].fields["type"] for steps in _lives(character)} == {first}


def test_some_tickets_are_never_answered() -> None:
    answered = [any(step.fields["type"] == "reply-sent" for step in steps) for steps in _lives(CHARACTERS[0], 1000)]
    assert 0 < answered.count(False) < 200


def test_all_that_help_desks_know_happens_somewhere() -> None:
    kinds = {step.fields["type"] for character in CHARACTERS for steps in _lives(character) for step in steps}
    assert len(kinds) == 16


def test_speed_makes_people_quicker() -> None:
    slow, fast = (_lives(CHARACTERS[0], speed=speed)[3][-1].at_ms - 1000 for speed in (1, 100))
    assert fast == pytest.approx(slow / 100, rel=0.01)


def test_load_delays_humans() -> None:
    calm, busy = (_first_human_reply_ms(load) for load in (1, 3))
    assert busy == pytest.approx(calm * 3, rel=0.01)


def _first_human_reply_ms(load: float) -> int:
    email = next(character for character in CHARACTERS if character.channel == "email")
    steps = next(steps for steps in _lives(email, load=load) if len(steps) > 1)
    assigned = next(step for step in steps if step.fields["type"] == "ticket-assigned")
    reply = next(step for step in steps if step.fields.get("author_kind") == "agent")
    return reply.at_ms - assigned.at_ms
