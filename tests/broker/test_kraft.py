from app.broker.embedded import EmbeddedKafka
from app.broker.kraft import answers
from app.broker.ports import free_port


def test_a_port_nobody_listens_on_does_not_answer() -> None:
    assert not answers(free_port(), "any")


def test_the_broker_of_another_cluster_is_no_answer(kafka: EmbeddedKafka) -> None:
    assert not answers(int(kafka.bootstrap.rpartition(":")[2]), "another")
