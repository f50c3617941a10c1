"""How well a base finds what it should: question sets, and comparisons of settings on them."""
