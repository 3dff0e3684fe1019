"""What stands in a config and where: its YAML with the places of keys, and what to say of one that is wrong."""
