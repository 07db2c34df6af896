"""How letters leave: by SMTP, or into a list that a test reads."""
