import ssl
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.settings import Settings, load


@pytest.fixture(autouse=True)
def _nobody_elses_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"CAREBEAT_{field.upper()}", raising=False)


def complaint(**given: object) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load(None, **given)
    return str(refused.value)


def test_nothing_need_be_set() -> None:
    settings = load(None)
    assert (settings.kafka, settings.topic_prefix, settings.partitions) == ("127.0.0.1:9092", "support.", 12)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_KAFKA", "one:9092, two:9092")
    assert load(None).kafka == "one:9092,two:9092"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_PARTITIONS", "")
    assert load(None).partitions == 12


def test_an_env_file_is_read_after_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CAREBEAT_PARTITIONS=3\nCAREBEAT_CLOCK=events\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("CAREBEAT_PARTITIONS", "4")
    settings = load(tmp_path / ".env")
    assert (settings.partitions, settings.clock) == (4, "events")


def test_what_the_program_says_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_PARTITIONS", "4")
    assert load(None, partitions=5).partitions == 5


def test_the_program_may_not_misspell_a_setting() -> None:
    with pytest.raises(TypeError, match="partitoins"):
        load(None, partitoins=5)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(None).partitions = 3  # type: ignore[misc] # that is the point


def test_the_app_is_named_after_the_deployment() -> None:
    assert load(None, topic_prefix="replay-2024.").app_id == "replay-2024.worker"


def test_a_wrong_value_is_told_with_its_variable_limit_and_a_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_PARTITIONS", "0")
    limit, right = "should be greater than or equal to 1", "CAREBEAT_PARTITIONS=12"
    assert complaint() == f"CAREBEAT_PARTITIONS=0: {limit}. For example, and by default: {right}"


@pytest.mark.parametrize("servers", ["", "localhost", "localhost:", ":9092", "a:9092,,b:9092", "a:0", "a:65536", "a:x"])
def test_servers_are_host_and_port(servers: str) -> None:
    assert "is no host:port" in complaint(kafka=servers)


@pytest.mark.parametrize("servers", ["localhost:9092", "a:9092,b:9093", "[::1]:9092"])
def test_several_servers_may_be_named(servers: str) -> None:
    assert load(None, kafka=servers).kafka == servers


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"topic_prefix": "a b"}, "CAREBEAT_TOPIC_PREFIX"),
        ({"clock": "wall"}, "CAREBEAT_CLOCK"),
        ({"security": "TLS"}, "CAREBEAT_SECURITY"),
        ({"metrics_port": 70_000}, "CAREBEAT_METRICS_PORT"),
        ({"gateway_port": -1}, "CAREBEAT_GATEWAY_PORT"),
        ({"gateway_connections": 0}, "CAREBEAT_GATEWAY_CONNECTIONS"),
        ({"gateway_peer_rate": float("inf")}, "CAREBEAT_GATEWAY_PEER_RATE"),
        ({"gateway_kafka_seconds": 60}, "CAREBEAT_GATEWAY_KAFKA_SECONDS"),
        ({"spool_events": 0}, "CAREBEAT_SPOOL_EVENTS"),
        ({"flush_interval_seconds": float("nan")}, "CAREBEAT_FLUSH_INTERVAL_SECONDS"),
        ({"session_timeout_seconds": 1}, "CAREBEAT_SESSION_TIMEOUT_SECONDS"),
    ],
)
def test_every_setting_has_bounds(given: dict[str, object], variable: str) -> None:
    assert complaint(**given).startswith(f"{variable}=")


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(complaint(partitions=0, clock="wall", kafka="nowhere").splitlines()) == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"flush_deadline_seconds": 20},
            "FLUSH_DEADLINE_SECONDS=20 must be below CAREBEAT_TRANSACTION_TIMEOUT_SECONDS",
        ),
        ({"heartbeat_interval_seconds": 7}, "must be below a third of CAREBEAT_SESSION_TIMEOUT_SECONDS=20"),
        ({"session_timeout_seconds": 60}, "must be below CAREBEAT_REQUEST_TIMEOUT_SECONDS=60"),
        ({"flush_interval_seconds": 5, "flush_deadline_seconds": 4}, "must be below CAREBEAT_FLUSH_DEADLINE_SECONDS=4"),
    ],
)
def test_spans_that_contradict_each_other_are_refused(given: dict[str, object], words: str) -> None:
    assert words in complaint(**given)


def test_a_misspelt_variable_is_told_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_KAFAK", "broker:9092")
    assert complaint() == "CAREBEAT_KAFAK is no setting; did you mean CAREBEAT_KAFKA?"


def test_a_misspelt_variable_is_found_in_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CAREBEAT_PARTITION=3\n")
    with pytest.raises(ConfigurationError, match="did you mean CAREBEAT_PARTITIONS"):
        load(tmp_path / ".env")


def test_a_variable_that_lacks_a_word_is_told_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_PREFIX", "trial.")
    assert complaint() == "CAREBEAT_PREFIX is no setting; did you mean CAREBEAT_TOPIC_PREFIX?"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAREBEAT_WHATSAPP_SECRET", "x"),
        ("CAREBEAT_SERVICE_HOST", "10.0.0.1"),
        ("CAREBEAT_SERVICE_PORT_METRICS", "9464"),
        ("CAREBEAT_PORT", "tcp://10.0.0.1:9464"),
        ("CAREBEAT_GATEWAY_PORT_80_TCP", "tcp://10.0.0.1:80"),
    ],
)
def test_a_variable_of_somebody_else_is_left_alone(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert load(None)


def test_what_kubernetes_sets_in_a_settings_place_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_GATEWAY_PORT", "tcp://10.0.0.1:8080")
    assert "CAREBEAT_GATEWAY_PORT=tcp://10.0.0.1:8080: should be a valid integer" in complaint()
    assert "enableServiceLinks: false" in complaint()


def test_a_password_is_never_shown() -> None:
    settings = load(None, security="SASL_SSL", sasl_user="carebeat", sasl_password="hidden")
    assert settings.password() == "hidden"
    assert "hidden" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_refused_password_is_not_shown_either() -> None:
    assert "hidden" not in complaint(sasl_password=["hidden"])


def test_a_password_is_read_from_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hidden\n")
    settings = load(None, security="SASL_PLAINTEXT", sasl_user="u", sasl_password_file=tmp_path / "password")
    assert settings.kafka_security() == {
        "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "u",
        "sasl_plain_password": "hidden",
    }


def test_a_password_file_without_a_password_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    given = {"security": "SASL_SSL", "sasl_user": "u", "sasl_password_file": tmp_path / "password"}
    assert "has no password in its first line" in complaint(**given)


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"security": "SSL", "ca_file": "/none.pem"}, "CAREBEAT_CA_FILE=/none.pem"),
        (
            {"security": "SASL_SSL", "sasl_user": "u", "sasl_password_file": "/none"},
            "CAREBEAT_SASL_PASSWORD_FILE=/none",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(given: dict[str, object], variable: str) -> None:
    assert complaint(**given).startswith(f"{variable}: cannot be read")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"security": "SASL_SSL"}, "needs CAREBEAT_SASL_USER and CAREBEAT_SASL_PASSWORD_FILE"),
        ({"sasl_user": "u"}, "sends no user or password"),
        ({"ca_file": "ca.pem"}, "uses no certificates"),
        ({"security": "SASL_SSL", "sasl_user": "u", "sasl_password": "x", "sasl_password_file": "y"}, "keep one"),
    ],
)
def test_security_that_would_not_be_what_it_seems_is_refused(given: dict[str, object], words: str) -> None:
    assert words in complaint(**given)


def test_brokers_must_prove_themselves_under_tls() -> None:
    context = load(None, security="SSL").tls()
    assert context is not None
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


TOKEN = "0123456789abcdef"


def test_a_token_is_never_shown() -> None:
    settings = load(None, tickets_token=TOKEN)
    assert settings.token() == TOKEN.encode()
    assert TOKEN not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_token_is_read_from_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\nanything\n")
    assert load(None, tickets_token_file=tmp_path / "token").token() == TOKEN.encode()


@pytest.mark.parametrize("token", ["short", "with a space in it", "gr\u00fc\u00dfe-aus-der-ferne", "", "\t" * 20])
def test_a_token_that_is_none_is_refused_unseen(token: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{token}\n")
    said = [complaint(tickets_token=token), complaint(tickets_token_file=tmp_path / "token")]
    assert ["16 or more" in said[0], "16 or more" in said[1] or "has no token" in said[1]] == [True, True]
    assert not token or token not in said[0] + said[1]


def test_two_tokens_are_one_too_many(tmp_path: Path) -> None:
    assert "keep one" in complaint(tickets_token=TOKEN, tickets_token_file=tmp_path / "token")


def test_the_worker_of_this_machine_is_asked_unless_others_are_named() -> None:
    assert load(None).workers() == ["http://127.0.0.1:9465"]
    assert load(None, tickets_host="::1", tickets_port=1).workers() == ["http://[::1]:1"]
    named = load(None, tickets_workers="http://a:1/, https://b:2,http://a:1")
    assert named.workers() == ["http://a:1", "https://b:2"]


@pytest.mark.parametrize("url", ["a:1", "ftp://a", "http://", "http://a?x", "http://u:p@a", "http://a,,http://b"])
def test_workers_are_addresses(url: str) -> None:
    assert "is no address such as http://worker-1:9465" in complaint(tickets_workers=url)
