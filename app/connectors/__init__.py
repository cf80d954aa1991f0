"""The channels: one file each, bytes and headers in, events out. Nothing here reads a clock, a setting or a socket."""
