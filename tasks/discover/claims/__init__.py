"""What the tables beside the images claim: a label for each image, or a split."""
