"""What every aggregate shares: identities, refusals, personal text, the stored form of events."""
