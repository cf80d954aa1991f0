import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpi.waiting import STATES
from app.tickets.query import LIMIT, Query, QueryError, parse_query

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.builds(
        Query,
        st.sampled_from(STATES),
        st.none() | TEXT,
        st.integers(1, LIMIT),
        st.none() | st.tuples(st.integers(0, 10**14), TEXT),
    )
)
def test_what_is_written_is_read_back(query: Query) -> None:
    assert parse_query(query.text()) == query


def test_nothing_asks_for_all_who_wait() -> None:
    assert parse_query("") == Query("waiting", None, 100, None)


@given(st.text())
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        parse_query(text)
    except QueryError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("state=late", "there are waiting, at_risk, breached"),
        ("chanel=web", "no parameter 'chanel'; there are state, channel, limit, after"),
        ("limit=0", "from 1 to 1000"),
        ("limit=1001", "from 1 to 1000"),
        ("limit=-1", "from 1 to 1000"),
        ("limit=" + "9" * 5000, "from 1 to 1000"),
        ("limit=٣", "from 1 to 1000"),
        ("after=t1", "give back `next`"),
        ("after=99999999999999999999:t1", "give back `next`"),
        ("state=waiting&state=breached", "twice"),
        ("state", "not name=value"),
        ("channel=%ff", "in UTF-8"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(text: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        parse_query(text)
