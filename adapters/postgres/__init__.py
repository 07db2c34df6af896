"""How PostgreSQL is reached: the embedded server, the migrations, and one pool per role."""
