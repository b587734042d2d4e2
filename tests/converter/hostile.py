"""Files that a stranger might send, and what must come of each."""

from PIL import Image

from tests.converter.images import encoded, logo, png_header

_SCRIPT = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)


def refused():
    """Return name: (content, part of the message) of the files that cannot be converted."""
    noise = encoded(Image.effect_noise((256, 256), 80))
    return {
        "truncated.png": (noise[: len(noise) // 2], "damaged or incomplete"),
        "header-only.png": (noise[:20], "header is damaged"),
        "dot.png": (encoded(Image.new("L", (1, 1))), "at least 16 px"),
        "line.png": (encoded(Image.new("L", (20_000, 1))), "at most 8,000 px"),
        "bomb.png": (png_header(30_000, 30_000), "too large"),
        "script.png": (_SCRIPT, "holds an SVG drawing"),
        "text.png": (b"hello", "not a PNG, JPEG"),
        "empty.png": (b"", "empty"),
    }


def converted():
    """Return name: (content, part of the notice) of the files that can be."""
    frames = [logo(64, False, colour).convert("RGB") for colour in ("red", "green", "blue")]
    animation = {"save_all": True, "append_images": frames[1:]}
    cmyk = logo(transparent=False).convert("RGB").convert("CMYK")
    return {
        "animated.gif": (encoded(frames[0], "GIF", **animation), "several frames; the first one"),
        "animated.webp": (encoded(frames[0], "WEBP", **animation), "several frames; the first one"),
        "cmyk.jpg": (encoded(cmyk, "JPEG"), ""),
        "cmyk-too.tiff": (encoded(cmyk, "TIFF"), ""),
        "really-a-webp.png": (encoded(logo(), "WEBP"), ""),
        "shell; rm -rf $HOME.png": (encoded(logo()), ""),
    }
