"""Taking images out of all versions, for good: which ones, what is left of each file, and the order of it."""
