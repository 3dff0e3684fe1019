"""One Parquet file: its columns, how its rows are written, and how they are read again."""
