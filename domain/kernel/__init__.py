"""What every aggregate shares: identities, refusals, personal text, and the stored form of events."""
