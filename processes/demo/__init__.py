"""What `make demo` does: people through the whole journey, over the public GraphQL API only."""
