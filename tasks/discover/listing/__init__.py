"""What lies in a source: every file below a folder, in an archive or a store, as columns."""
