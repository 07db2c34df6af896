"""How objects are kept: a folder, or memory in tests, behind one presigned form."""
