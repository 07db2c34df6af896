"""What happened since, for one viewer."""
