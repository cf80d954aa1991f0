"""`python -m app` is `carebeat`."""

from app.cli import main

main()
