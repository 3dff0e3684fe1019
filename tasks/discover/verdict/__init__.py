"""Claims held against folders and against each other: the reading that is taken, or those to choose from."""
