"""What each message says. Ids, numbers and enums only, but for grants: they live ten minutes."""
