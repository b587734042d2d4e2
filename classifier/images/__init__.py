"""One guarded door for images that strangers send: limits, readers, errors. Knows no Django."""

from classifier.images.errors import (
    DecoderBusyError,
    ImageError,
    ImageTooLargeError,
    UnreadableImageError,
)

__all__ = ["DecoderBusyError", "ImageError", "ImageTooLargeError", "UnreadableImageError"]
