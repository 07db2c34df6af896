"""What an owner may know about packs of items to be published."""
