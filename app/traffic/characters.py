"""How channels differ: when people write there, who answers, how fast, and how it ends. Made up, in the usual range."""

from dataclasses import dataclass

_OFFICE = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 13, 15, 17, 17, 15, 12, 8, 6, 4, 3, 2, 1)
_EVENING = (3, 2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 12, 11, 10, 10, 11, 13, 16, 18, 18, 16, 11, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One channel. Chances are from 0 to 1; times are medians, as they are at speed 1."""

    channel: str
    share: float
    """Of all tickets, relative to the other channels."""
    hours: tuple[int, ...]
    """How much comes in each hour of the day, relative to the other hours."""
    reply_seconds: float
    """A human's first reply; later ones take half of it."""
    customer_seconds: float
    """A customer's next message after a reply."""
    turns: float
    """Human replies that a solved ticket takes, on average; at least one."""
    bot: float = 0.0
    """A bot answers first."""
    hand_over: float = 0.0
    """The bot passes the customer on to a human."""
    acknowledged: float = 0.0
    """An automatic receipt comes before anybody reads."""
    unanswered: float
    """Nobody ever answers."""
    idle: float = 0.0
    """It fades out instead of being solved."""
    reopened: float
    """The customer comes back after the close."""
    surveyed: float = 0.0
    """The customer is asked how it went."""
    calls: bool = False
    """Contacts are phone calls."""


CHARACTERS = (
    Character(
        channel="whatsapp",
        share=30,
        hours=_EVENING,
        reply_seconds=360,
        customer_seconds=150,
        turns=2.4,
        bot=0.45,
        hand_over=0.6,
        unanswered=0.05,
        idle=0.2,
        reopened=0.1,
        surveyed=0.3,
    ),
    Character(
        channel="email",
        share=24,
        hours=_OFFICE,
        reply_seconds=5400,
        customer_seconds=9000,
        turns=1.7,
        acknowledged=0.7,
        unanswered=0.04,
        idle=0.08,
        reopened=0.14,
        surveyed=0.25,
    ),
    Character(
        channel="web-chat",
        share=20,
        hours=_OFFICE,
        reply_seconds=75,
        customer_seconds=40,
        turns=3.5,
        bot=0.65,
        hand_over=0.5,
        unanswered=0.1,
        idle=0.25,
        reopened=0.03,
        surveyed=0.35,
    ),
    Character(
        channel="messenger",
        share=11,
        hours=_EVENING,
        reply_seconds=900,
        customer_seconds=300,
        turns=2.1,
        bot=0.25,
        hand_over=0.7,
        acknowledged=0.1,
        unanswered=0.08,
        idle=0.3,
        reopened=0.08,
        surveyed=0.1,
    ),
    Character(
        channel="instagram",
        share=8,
        hours=_EVENING,
        reply_seconds=2400,
        customer_seconds=600,
        turns=1.6,
        bot=0.1,
        hand_over=0.7,
        unanswered=0.18,
        idle=0.35,
        reopened=0.06,
    ),
    Character(
        channel="x",
        share=3,
        hours=_EVENING,
        reply_seconds=1500,
        customer_seconds=500,
        turns=1.5,
        unanswered=0.25,
        idle=0.3,
        reopened=0.05,
    ),
    Character(
        channel="phone",
        share=4,
        hours=_OFFICE,
        reply_seconds=45,
        customer_seconds=60,
        turns=1,
        unanswered=0.06,
        reopened=0.05,
        surveyed=0.15,
        calls=True,
    ),
)

AGENTS_PER_TEAM = 8
TEAM_BY_SUBJECT = {"order": "frontline", "account": "frontline", "billing": "billing", "product": "technical"}
TOPICS = (
    "order/where-is-it",
    "order/wrong-item",
    "billing/refund",
    "billing/invoice",
    "account/login",
    "account/delete",
    "product/defect",
    "product/question",
)
