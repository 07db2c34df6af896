"""What was seen: events folded into tables."""
