import ast
from pathlib import Path

from app.clock import monotonic_seconds, wall_milliseconds

APP = Path(__file__).parent.parent / "app"
CLOCK_READS = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "clock_gettime"}


def test_time_since_start_never_goes_back() -> None:
    assert monotonic_seconds() <= monotonic_seconds()


def test_the_time_of_day_is_in_milliseconds() -> None:
    year_2020_ms, year_2100_ms = 1_577_836_800_000, 4_102_444_800_000
    assert year_2020_ms < wall_milliseconds() < year_2100_ms


def reads(path: Path) -> set[str]:
    """Calls in a file that ask what time it is."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    attributes = [call for call in calls if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name)]
    named = {f"{call.value.id}.{call.attr}" for call in attributes if isinstance(call.value, ast.Name)}
    return named & ({f"time.{name}" for name in CLOCK_READS} | {"datetime.now", "datetime.utcnow", "date.today"})


def test_only_this_file_reads_the_time() -> None:
    assert {str(path.relative_to(APP)) for path in APP.rglob("*.py") if reads(path)} == {"clock.py"}
