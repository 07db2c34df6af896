"""What an owner may know about released pictures."""
