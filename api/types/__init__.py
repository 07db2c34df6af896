"""What GraphQL's objects are made of: one module per subject, each from its query's rows."""
