"""The program that decodes images for `guarded`: see `jail.serve`."""

from typing import Any

from PIL import Image

from classifier.images import limits
from classifier.images.errors import ImageError, ImageTooLargeError
from classifier.images.jail import Answer, serve
from classifier.images.reading import Wanted, read_header, read_picture


def main() -> None:
    """Answer until standard input ends."""
    Image.preinit()
    Image.init()  # no file can be opened later, so that every format has to be there now
    serve(_decode, limits.CPU_SECONDS, limits.MEMORY_BYTES)


def _decode(head: dict[str, Any], content: bytes) -> Answer:
    wanted = Wanted(**head["wanted"])
    try:
        if head["header_only"]:
            header = read_header(content, wanted)
            return {"width": header.width, "height": header.height}, b""
        picture = read_picture(content, wanted)
    except MemoryError:
        return {"error": "ImageTooLargeError", "message": "The image needs too much memory."}, b""
    except ImageError as error:
        kind = "ImageTooLargeError" if isinstance(error, ImageTooLargeError) else ""
        return {"error": kind or "UnreadableImageError", "message": str(error)}, b""
    return {
        "pixels": picture.image.size,
        "width": picture.width,
        "height": picture.height,
        "lossy": picture.lossy,
        "animated": picture.animated,
    }, picture.image.tobytes()
