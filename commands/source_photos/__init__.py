"""Photos of their own that owners begin pictures and clips with: a module a command."""
