"""What a person may know about their own account."""
