"""What can be wrong with a broker, by who can do something about it. Every message says what to do."""

from app.errors import ConfigurationError, UnavailableError


class BrokerError(UnavailableError):
    """Something about Kafka keeps Carebeat from going on."""


class EmbeddedBrokerError(BrokerError):
    """The embedded broker cannot run on this machine: jars out of reach, or Kafka itself does not come up."""


class EmbeddedExtraMissingError(ConfigurationError, EmbeddedBrokerError):
    """The packages of the `embedded` extra are not installed."""


class BrokerUnreachableError(BrokerError):
    """No broker answers at the given address."""


class TopicRefusedError(BrokerError):
    """The broker refuses a topic, or a topic is not fit for what was asked."""
