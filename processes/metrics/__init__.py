"""What a process shows of itself in numbers: a module a subject, and where they are read."""
