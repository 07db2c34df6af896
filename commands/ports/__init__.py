"""What commands need from outside, as protocols. The real things live in `adapters/`."""
