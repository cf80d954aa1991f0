"""The board in the terminal: records of the KPI topics in, figures per channel and the latest SLA changes out.

`feed` reads, `figures` keeps the newest, `table` and `screen` draw for people, `lines` writes for logs and programs.
Everything but `feed` is pure: the caller says what time it is.
"""
