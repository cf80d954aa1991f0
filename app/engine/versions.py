"""The engine reaches into Faust and aiokafka: it runs on the versions it was written for, or not at all."""

from importlib.metadata import version

from app.engine.crash import OperatorNeededError

WRITTEN_FOR = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}


def check_versions(installed: dict[str, str] | None = None) -> None:
    """Raises OperatorNeededError when another version is installed."""
    for name, wanted in WRITTEN_FOR.items():
        found = version(name) if installed is None else installed.get(name, "none")
        if found != wanted:
            raise OperatorNeededError(
                f"{name} {found} is installed, the engine needs {wanted}. Install the pinned requirements"
            )
