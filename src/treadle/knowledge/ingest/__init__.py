"""How documents become chunks that can be found: read, cut, embedded, indexed, and forgotten again."""
