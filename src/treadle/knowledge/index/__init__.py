"""Where chunks are found again: by meaning, by words, by keywords."""
