"""What families of diffusion networks there are: one module per family, each a `DiffusionModel`."""
