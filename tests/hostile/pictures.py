"""Images that are made to cost: small files of much work, many pixels, or broken structure."""

import functools
import io
import struct
import zlib

from PIL import Image


def encoded(image, file_format="PNG", **options):
    """An image as a file's content."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@functools.cache
def many_scans(side=2000, scans=500):
    """A progressive JPEG whose last scan comes again and again, each time over all pixels."""
    plain = encoded(Image.new("RGB", (side, side), "teal"), "JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:-2] + plain[last:-2] * scans + b"\xff\xd9"


@functools.cache
def huge(file_format, side, mode="RGB", **options):
    """A small file of a huge picture in one colour."""
    return encoded(Image.new(mode, (side, side)), file_format, **options)


def png(width, height, depth=8, colour=2, chunks=(), data=b""):
    """A PNG that claims a size, with chunks of one's own and pixels of one's own."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
        *chunks,
        (b"IDAT", zlib.compress(data)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


def many_chunks(count):
    """A PNG with a great many empty chunks before its pixels."""
    return png(64, 64, chunks=[(b"teXt", b"")] * count, data=bytes(64 * (1 + 64 * 3)))
