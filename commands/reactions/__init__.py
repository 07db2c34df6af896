"""What answers an event: one pure module per reaction, from an event to a command."""
