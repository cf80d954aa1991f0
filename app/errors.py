"""Failures that end Carebeat on purpose, by whose fault they are.

A message names what is wrong with its value, the limit, and the next step. Bad events are no failures: they are dead
letters.
"""

from typing import ClassVar


class CarebeatError(Exception):
    """Shown to the operator as one plain message; never as a traceback."""

    exit_status: ClassVar[int]
    """As in sysexits.h, so that a supervisor can tell what a restart might cure."""


class ConfigurationError(CarebeatError):
    """The operator's: a setting or the configuration file says what cannot be. A restart changes nothing."""

    exit_status = 78


class UnavailableError(CarebeatError):
    """The surroundings': a broker, disk or port is not there. A restart may find it."""

    exit_status = 69
