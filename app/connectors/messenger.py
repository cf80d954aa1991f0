"""Messenger: conversations of a Facebook page. What it shares with Instagram is in `meta_messaging`."""

from dataclasses import replace

from app.connectors.meta_messaging import CAPABILITIES, Messaging


class Messenger(Messaging):
    """See `meta_messaging`."""

    name = "messenger"
    object_name = "page"
    capabilities = replace(CAPABILITIES, channel="messenger")
