"""Tests of the engine: single files, the protocol model, and real workers on a real broker."""
