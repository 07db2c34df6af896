"""How denoising strength becomes a number of steps."""


def steps_made(num_inference_steps: int, strength: float) -> int:
    """How many of the steps are made of a source at this strength, as diffusers counts them."""
    return min(int(num_inference_steps * strength), num_inference_steps)
