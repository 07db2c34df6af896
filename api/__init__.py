"""How GraphQL is answered: translates, never decides."""
