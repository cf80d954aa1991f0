"""Secrets that everybody knows: from vendors' documentation, from published test values, and placeholders."""

from typing import Final

WELL_KNOWN: Final = frozenset(
    {
        # Standard Webhooks and Svix, specification and libraries
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "plJ3nmyCDGBKInavdOK15jsl",
        # Zendesk signs test requests of unsaved webhooks with this one
        "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
        # Slack's documentation and SDKs
        "8f742231b10e8888abcd99yyyzzz85a5",
        # GitHub's documentation, Meta's, LINE's and Twilio's SDKs
        "It's a Secret to Everybody",
        "TEST_APP_SECRET",
        "channel_secret",
        "12345",
        # Mailgun's documentation; SendGrid's SDKs and documentation (public keys: who takes one over would refuse all mail)
        "key-3ax6xnjp29jd6fds4gc373sgvjxteol0",
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==",
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmgmjvPAR/Lmwn2teL2WJUDIx35PqsnLKjPhPbrKkfMg6vK4NZQB1VeFSKbV7whQbEJRFHjF8+1zJxsXRP1GbWw==",
        # WeChat SDKs: tokens and AES keys
        "pamtest",
        "123456",
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
    }
)
PLACEHOLDERS: Final = ("changeme", "change-me", "change_me", "your-secret", "your_secret", "replace-me", "placeholder")
PREFIXES: Final = ("whsec_",)


def is_well_known(secret: str) -> bool:
    """Whether anybody could know this secret."""
    bare = secret
    for prefix in PREFIXES:
        bare = bare.removeprefix(prefix)
    text = bare.lower()
    return bare in WELL_KNOWN or any(word in text for word in PLACEHOLDERS)
