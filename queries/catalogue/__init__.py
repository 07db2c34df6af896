"""What everybody who signed in may know: prices and policy."""
