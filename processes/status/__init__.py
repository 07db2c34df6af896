"""How the studio is, said to a person: a line a thing, and for what is not well, what to do."""
