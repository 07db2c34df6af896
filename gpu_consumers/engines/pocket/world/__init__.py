"""What the pocket model knows: a procedural world of cartoon adults, and the words for it."""
