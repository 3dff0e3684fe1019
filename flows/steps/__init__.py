"""One run, step by step: what the source lists, what was there before, what is built, what is published."""
