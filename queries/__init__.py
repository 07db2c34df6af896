"""What may be known: one module per question, each with its own SELECT."""
