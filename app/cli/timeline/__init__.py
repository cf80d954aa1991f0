"""The timeline of one ticket, for people and for programs."""
