"""The topology: which topics are read, what the core makes of them, where it goes. No KPI is decided here."""
