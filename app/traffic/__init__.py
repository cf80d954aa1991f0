"""Events from elsewhere than channels: made up for a demo, or read from a file."""
