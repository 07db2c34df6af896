"""How a person's identity is checked: by the sandbox with pages of its own, or by Veriff."""
