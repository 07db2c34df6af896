"""How a twin is learnt: a LoRA on an engine's UNet, from a dozen photos."""
