"""What may be asked about credits: buying them and confirming what was paid."""
