"""One person is written in one way, whoever says it; what could be two people is nobody."""

import pytest

from app.connectors import contacts
from tests.connectors.cases.case import NOW_MS, Case
from tests.connectors.test_contract import FOUND, case_of

DESKS = {"chatwoot", "gorgias", "intercom"}


@pytest.mark.parametrize("told", ["jane@doe.example", " Jane@Doe.EXAMPLE\n"])
def test_addresses_of_one_box_are_the_same(told: str) -> None:
    assert contacts.mail(told) == "mailto:jane@doe.example"


@pytest.mark.parametrize("told", ["+49 151 1234567", "+49 (151) 123-45.67", "0049151 1234567", "+491511234567"])
def test_ways_to_write_a_number_are_the_same(told: str) -> None:
    assert contacts.phone(told) == "tel:+491511234567"


def test_a_number_without_plus_has_its_country_only_where_the_source_says_so() -> None:
    assert contacts.phone("491511234567") is None
    assert contacts.phone("491511234567", has_country=True) == "tel:+491511234567"


@pytest.mark.parametrize("told", [None, 7, "", "@", "a b@c", "Jane <jane@doe.example>", "x" * 65 + "@y"])
def test_what_is_no_address_is_none(told: object) -> None:
    assert contacts.mail(told) is None


@pytest.mark.parametrize(
    "told", [None, 491511234567, "", "+", "0151 1234567", "+49", "+0491511234567", "+" + "4" * 16, "+49 x"]
)
def test_what_is_no_number_of_a_country_is_none(told: object) -> None:
    assert contacts.phone(told, has_country=True) is None
    assert contacts.phone(told) is None


def test_sources_that_say_who_it_is_are_those_that_the_guide_names() -> None:
    def knows(case: Case) -> bool:
        requests = [case.sign(body, case.secret, NOW_MS) for body in case.bodies]
        items = [item for request in requests for item in case.connector.parse(request, case.account)]
        return any(draft.contacts for item in items for draft in case.connector.normalise(item, case.account))

    mails = {"mailgun", "postmark", "sendgrid"}
    assert {name for name in FOUND if knows(case_of(name))} == {"shopify", "whatsapp", *DESKS, *mails}


def test_each_is_known_once_in_one_order() -> None:
    assert contacts.known("tel:+4", None, "mailto:a@b", "tel:+4") == ("mailto:a@b", "tel:+4")
