"""Images for tests, drawn here."""

import io
import struct
import zlib

from PIL import Image, ImageCms, ImageDraw


def logo(side=128, transparent=True, colour="#d03030"):
    """A disc with a square hole of another colour."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0) if transparent else "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((side // 8, side // 8, side * 7 // 8, side * 7 // 8), fill=colour)
    draw.rectangle((side * 3 // 8, side * 3 // 8, side * 5 // 8, side * 5 // 8), fill="#2040c0")
    return image


def encoded(image, format="PNG", **options):
    """An image as a file's content."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def swapped_profile():
    """A colour profile that takes red for green and green for red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
    for old, new in ((b"rXYZ", b"----"), (b"gXYZ", b"rXYZ"), (b"----", b"gXYZ")):
        profile = profile.replace(old, new)
    return profile


def png_header(width, height):
    """A PNG that claims a size and holds no pixels."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
