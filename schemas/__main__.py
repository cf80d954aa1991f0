"""`python -m schemas`: write `schemas/json/` anew; with `--check`, only say whether it is up to date."""

import argparse
import sys
from pathlib import Path

from schemas import generate


def main(arguments: list[str] | None = None, folder: Path = generate.FOLDER) -> int:
    """Exit status: 0 done or up to date, 1 not up to date or not compatible."""
    ask = argparse.ArgumentParser(prog="python -m schemas", description=__doc__)
    ask.add_argument("--check", action="store_true", help="write nothing; exit with 1 when files differ")
    ask.add_argument(
        "--break", dest="may_break", action="store_true", help="accept a change that breaks readers or writers"
    )
    asked = ask.parse_args(arguments)
    return _check(folder) if asked.check else _write(folder, may_break=asked.may_break)


def _check(folder: Path) -> int:
    stale = generate.drift(folder)
    if stale:
        sys.stderr.write(f"schemas/json is not what the models say: {', '.join(stale)}. Run: make schemas\n")
    return 1 if stale else 0


def _write(folder: Path, *, may_break: bool) -> int:
    broken = [] if may_break else generate.broken_promises(folder)
    if broken:
        sys.stderr.write("This would break those who write or read these records:\n  " + "\n  ".join(broken))
        sys.stderr.write("\nKeep the old form beside the new one, or say that it is meant: python -m schemas --break\n")
        return 1
    for name in generate.write(folder):
        sys.stdout.write(f"schemas/json/{name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
