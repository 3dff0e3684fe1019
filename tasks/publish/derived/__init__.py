"""What is derived from the commits for readers: it may be lost, and every run repairs it."""
