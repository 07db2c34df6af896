"""How video jobs are done: clips drawn, written without loss, and put into quarantine."""
