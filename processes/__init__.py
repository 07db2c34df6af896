"""What can be started: one module per process, and the wiring of each."""
