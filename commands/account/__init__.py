"""What may be asked about a person: registration and the identity check."""
