"""What a look at the database tells of the whole studio: how far, how much, how old, how sound."""
