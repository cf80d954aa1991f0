import json
import re

from schemas.asyncapi import document
from schemas.generate import files
from schemas.topics import TOPICS

DOCUMENT = document()


def test_every_topic_is_a_channel_with_its_clean_up_policy() -> None:
    kept = {name: channel["bindings"]["kafka"]["topicConfiguration"] for name, channel in DOCUMENT["channels"].items()}
    assert {name: settings["cleanup.policy"] for name, settings in kept.items()} == {
        topic.name: list(topic.clean_up) for topic in TOPICS
    }


def test_every_message_says_what_its_key_is() -> None:
    messages = DOCUMENT["components"]["messages"]
    assert messages["kpis"]["bindings"]["kafka"]["key"]["description"] == "channel|window|start"


def test_only_private_topics_have_no_payload() -> None:
    messages = DOCUMENT["components"]["messages"].items()
    assert [name for name, message in messages if "payload" not in message] == [
        "kpi-partials",
        "customers",
        "poll-cursors",
    ]


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)):
        if reference.startswith("./"):
            assert reference[2:] in files()
            continue
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_worker_sends_what_it_computes_and_receives_events() -> None:
    operations = DOCUMENT["operations"]
    assert operations["worker-sends-sla"] == {"action": "send", "channel": {"$ref": "#/channels/sla"}}
    assert operations["worker-receives-events"]["action"] == "receive"
