"""Shards on a Dask cluster: what its workers can do and reach, and how many work at once."""
