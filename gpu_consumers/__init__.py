"""How the work is done: consumers that claim jobs, and the engines they run."""
