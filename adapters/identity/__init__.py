"""How a person's identity is checked: the sandbox provider and its hosted pages."""
