"""What files of the gallery are called by their type."""

FILE_NAME_SUFFIXES = {
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
}
"""By media type, for whatever is released."""
