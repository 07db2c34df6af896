"""What each message says. Ids, numbers and enums only, but for the grant, which lives ten minutes."""
