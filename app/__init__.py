"""Carebeat: live customer-support KPIs from support-channel events on Kafka."""

__version__ = "0.1.0"
