"""`python -m app.kpi.reference`: write `docs/kpis.md` anew; with `--check`, only say whether it is up to date."""

import argparse
import sys
from pathlib import Path
from typing import Final

from app.kpi.reference.page import page

PAGE: Final = Path(__file__).parents[3] / "docs" / "kpis.md"


def main(arguments: list[str] | None = None, path: Path = PAGE) -> int:
    """Exit status: 0 done or up to date, 1 not up to date."""
    ask = argparse.ArgumentParser(prog="python -m app.kpi.reference", description=__doc__)
    ask.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page differs")
    written = page()
    if not ask.parse_args(arguments).check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written, encoding="utf-8")
        sys.stdout.write("docs/kpis.md\n")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == written:
        return 0
    sys.stderr.write("docs/kpis.md is not what app/kpi/reference says. Run: make schemas\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
