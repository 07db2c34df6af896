"""What is true: aggregates, the events they record, and every way they say no. No I/O, no clock."""
