"""How the files beside the images begin: which of them may be tables, and in what ways each could be read."""
