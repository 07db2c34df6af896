"""What an operator may publish: prices and the policy."""
