"""A source without a config: what it is, or may be, and the config that fits it."""
