"""Kafka as Carebeat needs it: a broker of its own for demo and tests, the topics, the partition of a ticket."""
