"""What an owner may know about jobs."""
