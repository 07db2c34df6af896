"""How an image job is done: fetch the twin, draw every item, put the pictures into quarantine."""
