"""What can be wrong with making boards."""

from app.errors import ConfigurationError


class BoardsExtraMissingError(ConfigurationError):
    """The SDK that boards are made with is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Boards are made with grafana-foundation-sdk, which is not installed. Install the extra: "
            "pip install 'carebeat[boards]'"
        )
