"""What folders and names of files prove by themselves, and what speaks against it."""
