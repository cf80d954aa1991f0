from app.errors import CarebeatError, ConfigurationError, UnavailableError


def test_a_supervisor_can_tell_what_a_restart_may_cure() -> None:
    assert (ConfigurationError.exit_status, UnavailableError.exit_status) == (78, 69)


def test_every_failure_is_caught_in_one_place() -> None:
    assert issubclass(ConfigurationError, CarebeatError)
    assert issubclass(UnavailableError, CarebeatError)
