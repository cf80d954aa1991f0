"""From the support configuration to what watches a deployment: boards, rules, alerts, routes. Pure: nothing is read or written."""
