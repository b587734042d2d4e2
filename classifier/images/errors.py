"""What can be wrong with an image, or with the moment.

ImageError
├── UnreadableImageError    the file is at fault: another one may do
├── ImageTooLargeError      it asks for more than is allowed: a smaller one will do
└── DecoderBusyError        the file may be fine: the same one will do later
"""

from classifier.images.limits import RETRY_SECONDS


class ImageError(Exception):
    """An image was not read. The message is for people."""


class UnreadableImageError(ImageError):
    """The file is not an image of a known format, or it is damaged."""


class ImageTooLargeError(ImageError):
    """The image has more pixels, or takes more memory or time to decode, than allowed."""


class DecoderBusyError(ImageError):
    """All decoders are at work, and enough others wait for them already.

    `retry_after` is the number of seconds after which to try again.
    """

    retry_after = RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__(
            "Too many images are being read at this moment. "
            f"Try again in {self.retry_after} seconds."
        )
