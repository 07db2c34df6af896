"""What an auditor takes home: the ledger with its chain, and the one file that checks it."""
