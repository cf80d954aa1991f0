from app.gateway.pseudonyms import Pseudonyms


def test_the_same_id_has_the_same_pseudonym_and_each_role_its_own() -> None:
    names = Pseudonyms(b"k" * 32, "generic", "website")
    made = {names.of(role, "jane") for role in ("customer", "agent", "ticket")}
    assert len(made) == 3
    assert names.of("customer", "jane") in made
    assert Pseudonyms(b"k" * 32, "generic", "website").of("agent", "jane") == names.of("agent", "jane")


def test_another_key_account_or_connector_gives_other_pseudonyms() -> None:
    made = {
        Pseudonyms(key, connector, account).of("customer", "jane")
        for key in (b"k" * 32, b"l" * 32)
        for connector in ("generic", "zendesk")
        for account in ("one", "two")
    }
    assert len(made) == 8
    assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in made)


def test_the_pseudonyms_of_a_key_never_change() -> None:
    assert Pseudonyms(b"k" * 32, "generic", "website").of("customer", "jane") == "273794b8a70f8c7bed5414b3bb9be8d0"


def test_a_contact_point_has_one_pseudonym_in_all_accounts_and_it_is_no_customers() -> None:
    one, two = (Pseudonyms(b"k" * 32, connector, "a") for connector in ("shopify", "zendesk"))
    assert one.contact("mailto:jane@doe.example") == two.contact("mailto:jane@doe.example")
    assert one.contact("jane") not in {one.of(role, "jane") for role in ("customer", "agent", "ticket")}
    assert one.contact("jane") != Pseudonyms(b"l" * 32, "shopify", "a").contact("jane")
