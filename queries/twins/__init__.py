"""What an owner may know about twins and their photos."""
