"""How providers' call-backs are signed, sent again until they arrive, and believed."""
