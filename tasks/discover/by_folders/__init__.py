"""Sources whose folders say the labels: class folders, split folders, hierarchies."""
