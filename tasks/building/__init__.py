"""One shard, built: what is fetched, decoded, copied and written, by a plan that any machine can read."""
