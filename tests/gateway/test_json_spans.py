"""However long the window is, a value ends where it ends."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway import json_spans
from app.gateway.json_spans import end_of

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
)


@given(json_values, st.integers(1, 40), st.booleans())
def test_the_end_is_found_whatever_the_window(value: Any, window: int, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    with patch.object(json_spans, "_WINDOW", window):
        assert end_of(f"?{text} rest", 1) == 1 + len(text)
        for cut in range(1, len(text)):
            assert end_of(text[:cut], 0) is None, "what is cut off may go on"


@pytest.mark.parametrize(
    "text", ["nonsense, and a long one of it", '{"a" 1}' + " " * 40, "[" * 100_000, '"a\n' + " " * 40]
)
def test_what_cannot_become_a_value_is_known_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        end_of(text, 0)
