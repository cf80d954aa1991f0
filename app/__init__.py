"""Carebeat: live customer-support KPIs from support-channel events on Kafka."""

import zoneinfo

__version__ = "0.1.0"

# Zones come from the pinned package, not from the operating system: workers on different machines must agree when a day begins.
zoneinfo.reset_tzpath(())
