"""How each engine loads: one module per engine, joined to `domain.engines` by its id."""
