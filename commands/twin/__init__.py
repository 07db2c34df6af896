"""What may be asked about a twin: release, consent, photos and deletion."""
