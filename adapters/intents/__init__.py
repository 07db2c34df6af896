"""How intents are kept: in PostgreSQL beside the events, and in dictionaries for tests."""
