"""Knowledge bases: documents taken in, cut into chunks, indexed and searched."""
