"""Where a JSON value in a long text ends, in time that grows with the value and not with the text around it.

A decoder that fails in a long text counts all lines before the fault, so a file without JSON would cost the square of its
length. So a value is looked for in a short window, and in twice as long a one as long as it may go on behind the window. What a
value is worth is not judged here: numbers of any length and lone surrogates have an end as well.
"""

import json
from typing import Final

_WINDOW: Final = 1 << 12
_LONGEST_TOKEN: Final = 16
"""`-Infinity`, or both halves of an escaped character: a fault so near to the end may come of the cut."""
_UNTERMINATED: Final = "Unterminated string"
_decode: Final = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len).raw_decode


def end_of(text: str, place: int) -> int | None:
    """Where the value that begins at `place` ends; None if the text ends before it. Raises ValueError if none begins there."""
    size = _WINDOW
    while True:
        window = text[place : place + size]
        end = _end_in(window)
        if end is not None:
            return place + end
        if place + size >= len(text):
            return None
        size *= 2


def _end_in(window: str) -> int | None:
    try:
        _, end = _decode(window)
    except json.JSONDecodeError as error:
        if error.msg.startswith(_UNTERMINATED) or error.pos + _LONGEST_TOKEN >= len(window):
            return None
        raise
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return end if window[end - 1] in '}]"' or _is_past_number(window, end) else None


def _is_past_number(window: str, end: int) -> bool:
    """Whether nothing behind the window can make another number of what ends here."""
    return end < len(window) and (window[end] not in ".eE" or end + _LONGEST_TOKEN < len(window))
