"""How personal data is kept: keys of personal text, accounts, sessions, passwords, webhooks."""
