"""What may be asked: one module per command, a frozen dataclass and its handler."""
