"""A twin's face in numbers: what a photo set leaves behind for outputs to be compared with."""

import msgspec


class FaceTemplate(msgspec.Struct, frozen=True):
    """Unit vectors of one model, comparable with that model's vectors only.

    `identity` is the mean of all photos of the person. `medoid`, the photo most like the others, is
    no longer looked at: it is written because an earlier release denies what lacks it.
    """

    model: str
    identity: tuple[float, ...]
    medoid: tuple[float, ...] = ()
