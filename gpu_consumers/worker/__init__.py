"""Who takes jobs from the queue: a parent that never blocks, and a child that does the work."""
