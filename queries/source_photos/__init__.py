"""What an owner may know about photos that something is to begin with."""
