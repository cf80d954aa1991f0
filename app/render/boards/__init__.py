"""Grafana boards, made with grafana-foundation-sdk (the extra `boards`) as classic JSON, which Grafana 11 to 13 read."""
