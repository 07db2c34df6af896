"""How commands are asked for over GraphQL: one module per subject, each mutation one command."""
