"""What the pixels of a dataset say about it: images that look alike, across splits and across classes."""
