"""Packs of items to be published: a module a command."""
