from datetime import timedelta

import pytest

from app.config import parse
from app.config_reach import missing
from app.errors import ConfigurationError


def test_orders_are_joined_where_the_section_is_written() -> None:
    assert parse("").orders is None
    joined = parse("orders: {}").orders
    assert joined is not None
    assert joined.settle == timedelta(hours=1)


@pytest.mark.parametrize("settle", ["4m", "25h"])
def test_the_settle_time_has_limits(settle: str) -> None:
    with pytest.raises(ConfigurationError, match=r"`settle` .* from 5m .* to 1d"):
        parse(f"orders: {{settle: {settle}}}")


def test_a_channel_can_convert_where_orders_are_joined() -> None:
    account = "connectors: {whatsapp: {a: {secrets: [{env: A}], channel: wa, keys: {verify_token: {env: B}}}}}\n"
    without, joined = (missing(parse(account + text), ["wa"]) for text in ("", "orders: {}"))
    assert [one.figures for one in without if one not in joined] == ["conversion"]


def test_a_shop_whose_orders_nobody_joins_is_refused_with_what_to_write() -> None:
    shop = "connectors: {shopify: {shop: {secrets: [{env: SHOP}]}}}\n"
    with pytest.raises(ConfigurationError, match=r"shopify tells of customers' orders: write `orders: \{settle: 1h\}`"):
        parse(shop)
    assert parse(shop + "orders: {}").orders is not None
