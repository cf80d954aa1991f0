"""Instagram: direct messages of a professional profile, replies to and mentions in stories among them.

What it shares with Messenger is in `meta_messaging`. Comments under posts (`changes`) are no messages and of no use.
"""

from dataclasses import replace

from app.connectors.meta_messaging import CAPABILITIES, Messaging


class Instagram(Messaging):
    """See `meta_messaging`."""

    name = "instagram"
    object_name = "instagram"
    capabilities = replace(CAPABILITIES, channel="instagram")
