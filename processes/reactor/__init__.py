"""How events have effects: they become intents, each carried out until it is done."""
