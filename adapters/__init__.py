"""How the outside is reached: the real things behind the ports."""
