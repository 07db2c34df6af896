"""How money arrives: the sandbox provider and its hosted checkout."""
