"""How each process is put together: the only place where adapters are built."""
