"""What may be asked about released pictures."""
