"""How outputs are signed: the key behind the screener's signer port."""
