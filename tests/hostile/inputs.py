"""Some eight hundred hostile requests, made anew each time: formats, mutations, places."""

import functools
import json
import random
import struct
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

from PIL import Image, ImageDraw

from tests.hostile.pictures import encoded, huge, many_chunks, many_scans, png

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_NOBODY = str(uuid.UUID(int=7))

# Where an image can be sent: address, and the name of its field.
PLACES = {
    "page": ("/", "image"),
    "convert": ("/api/v1/conversions/", "image"),
    "classify": ("/api/v1/classify/", "image"),
    "batch": ("/api/v1/batches/", "images"),
}


@dataclass(frozen=True)
class Attack:
    """One request. `name` says what is wrong with it, and where it goes."""

    name: str
    path: str
    method: str = "POST"
    files: tuple = ()
    data: dict = field(default_factory=dict)
    content: bytes | None = None
    headers: dict = field(default_factory=dict)
    claims: int = 0  # bytes that the header promises, and that are never sent


def attacks():
    """Return every attack, in an order that is the same each time."""
    return [
        *_images(), *_names(), *_json(), *_queries(), *_options(), *_methods(), *_bodies(),
        *_forms(), *_headers(),
    ]  # fmt: skip


def logo(side=96):
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, side - 8, side - 8), fill="#d03030")
    draw.rectangle((side // 3, side // 3, side // 2, side // 2), fill="#2040c0")
    return image


@functools.cache
def costly(side=640):
    """A picture of small size that takes tracers long: everywhere another colour."""
    noise = [Image.effect_noise((side, side), 90 + i).point(lambda v: v & 0xC0) for i in range(3)]
    return encoded(Image.merge("RGB", noise))


def _mutations(content, seed):
    """Yield name and content of damaged copies of a file."""
    chance = random.Random(seed)
    for share in (0.1, 0.5, 0.95):
        yield f"cut-{share}", content[: int(len(content) * share)]
    for count in (1, 8, 64):
        changed = bytearray(content)
        for _ in range(count):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        yield f"flipped-{count}", bytes(changed)
    middle = len(content) // 2
    yield "zeros", content[:middle] + bytes(200) + content[middle + 200 :]
    yield "ones", content[:middle] + b"\xff" * 200 + content[middle + 200 :]
    yield "twice", content + content
    yield "rubbish-after", content + chance.randbytes(5000)
    yield "rubbish-before", chance.randbytes(16) + content
    yield "head-alone", content[:32]


@functools.cache
def costly_files():
    """Return name: content of images that are made to cost time or memory."""
    return {
        "many-scans": many_scans(2000, 400),
        "some-scans": many_scans(1500, 28),
        "many-chunks": many_chunks(60_000),
        "wide": encoded(Image.new("L", (60_000, 1))),
        "bomb": png(60_000, 60_000),
        "empty-pixels": png(500, 500),
        "deep-gray": huge("PNG", 7000, "I;16"),
        "palette": huge("PNG", 7900, "P"),
        "gray-alpha": huge("PNG", 7900, "LA"),
        "webp": huge("WEBP", 8000),
        "gif": huge("GIF", 7900, "P"),
        "tiff": huge("TIFF", 6000, "RGB", compression="tiff_lzw"),
        "cmyk": huge("JPEG", 4000, "CMYK"),
        "progressive": huge("JPEG", 7900, "RGB", progressive=True),
        "frames": encoded(
            logo(), "GIF", save_all=True, append_images=[logo(96 + i % 2) for i in range(300)]
        ),
        "costly-logo": costly(),
        "endless-strip": _strip_bomb(),
        "profile": encoded(logo(), icc_profile=random.Random(1).randbytes(300_000)),
        "exif": encoded(logo(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 60_000),
    }


def _strip_bomb():
    """A TIFF whose one strip claims to hold four gigabytes."""
    content = bytearray(encoded(logo(), "TIFF"))
    for position in range(0, len(content) - 12, 2):
        tag, kind = struct.unpack_from("<HH", content, position)
        if tag == 279 and kind in (3, 4):
            struct.pack_into("<HIi", content, position + 2, 4, 1, -1)
    return bytes(content)


def _images():
    files = {}
    for number, file_format in enumerate(FORMATS):
        for name, content in _mutations(encoded(logo(), file_format), number):
            files[f"{file_format}-{name}"] = content
    files |= costly_files()
    files |= {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        "html": b"<html><script>alert(1)</script>",
        "zip": b"PK\x03\x04" + bytes(100),
        "empty": b"",
        "zeros": bytes(100_000),
    }
    for name, content in files.items():
        for place, (path, part) in PLACES.items():
            yield Attack(f"{name} to {place}", path, files=((part, (f"{name}.png", content)),))


def _names():
    content = encoded(logo(64))
    names = (
        "../../etc/passwd", "a\x00b.png", "\u202egnp.exe", "x" * 5000, "=cmd|' /C calc'!A0",
        "<script>.png", "con", ".", "a\r\nSet-Cookie: a=b.png", "\ud83d\ude00" * 60, "%00",
        "'; DROP",
    )  # fmt: skip
    for name in names:
        for place in ("page", "batch"):
            path, part = PLACES[place]
            yield Attack(f"name {name[:12]!r} to {place}", path, files=((part, (name, content)),))


def _json():
    bodies = (
        b"[" * 100_000, b'{"a":' * 50_000, b'{"right": "\\ud800"}',
        b'{"right": ' + b"9" * 5000 + b"}",
        b"\xff\xfe", b"", b"null", b"[]", b'"x"', b"{}", b'{"right": true, "true_type": []}',
        b'{"right": {"$ne": null}}', b'{"right": 1e999}', b'{"\x00": 1}', b"{" * 3,
        json.dumps({"right": False, "true_type": "x" * 10_000}).encode(),
    )  # fmt: skip
    paths = (f"/api/v1/predictions/{_NOBODY}/feedback/", "/api/v1/runs/", "/api/v1/classify/",
             "/api/v1/conversions/")  # fmt: skip
    for path in paths:
        for body in bodies:
            yield Attack(
                f"json {body[:16]!r} to {path}", path, content=body,
                headers={"Content-Type": "application/json"},
            )  # fmt: skip


def _queries():
    values = ("²", "%00", "9" * 4000, "-1", "' OR 1=1--", "{{7*7}}", "\ud7ff", "%ff%fe", "../..")
    for path in ("/", "/dashboard/audit/", "/accounts/login/", "/api/v1/versions/", "/api/docs/"):
        for value in values:
            query = f"{path}?dataset={value}&page={value}&next={value}"
            yield Attack(f"query {value[:9]!r} to {path}", query, "GET")
    for path in ("/conversions/²/", "/conversions/%00/", f"/batches/{_NOBODY}/", "/static/../x",
                 "/static/%2e%2e/%2e%2e/etc/passwd", "//evil.example/",
                 "/conversions/" + "a" * 3000,
                 "/admin/classifier/dataset/²/change/", "/%ff%fe",
                 "/dashboard/versions/" + "9" * 99):  # fmt: skip
        yield Attack(f"path {path[:40]}", path, "GET")


def _options():
    """Values for the controls of a drawing: in the address of the page, and over the API."""
    values = (
        "9" * 400, "²", "nan", "inf", "1e999", "-1", "\u0663", "0x10", "#" * 50, "#fff" * 500,
        "\x00", "[]", "",
    )  # fmt: skip
    names = ("colours", "detail", "smoothing", "gradients", "ground", "palette", "recolour")
    for name in names:
        for value in values:
            query = urlencode({name: value})
            yield Attack(f"control {name}={value[:9]!r} of the page", f"/?{query}", "GET")
    file = (("image", ("a.png", b"x")),)
    for value in values:
        yield Attack(
            f"controls of {value[:9]!r} to the API", PLACES["convert"][0], files=file,
            data=dict.fromkeys(names, value),
        )  # fmt: skip


def _methods():
    paths = (
        "/", "/conversions.zip", f"/conversions/{_NOBODY}/adjust/", f"/batches/{_NOBODY}/change/",
        "/api/v1/conversions/", "/api/docs/", "/api/schema/", "/metrics", "/static/x",
    )  # fmt: skip
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "HEAD", "X" * 50):
        for path in paths:
            yield Attack(f"{method[:8]} {path}", path, method)


def _bodies():
    for path in ("/", "/accounts/login/", "/api/v1/conversions/", "/api/v1/batches/",
    "/api/v1/classify/",
                 "/api/v1/proposals/", "/conversions/x/", "/dashboard/", "/nothing/",
                 "/admin/classifier/dataset/add/", "/api/v1/versions/import/"):  # fmt: skip
        for size in (2 * 2**30, 2**40):  # staff's addresses take one gigabyte
            yield Attack(f"claims {size} to {path}", path, claims=size)


def _forms():
    for path, part in PLACES.values():
        many = tuple((part, (f"{i}.png", b"x")) for i in range(300))
        yield Attack(f"300 files to {path}", path, files=many)
        yield Attack(f"5000 fields to {path}", path, data={f"f{i}": "x" for i in range(5000)})
        yield Attack(f"no file to {path}", path, data={part: "text"})
        for body in (b"", b"--x", b"--x\r\n\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--",
                     b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n'
                     b"Content-Transfer-Encoding: base64\r\n\r\n%%%\r\n--x--"):  # fmt: skip
            yield Attack(
                f"multipart {body[:12]!r} to {path}", path, content=body,
                headers={"Content-Type": "multipart/form-data; boundary=x"},
            )  # fmt: skip
        yield Attack(
            f"no boundary to {path}", path, content=b"x",
            headers={"Content-Type": "multipart/form-data"},
        )  # fmt: skip


def _headers():
    for headers in (
        {"Host": "evil.example"}, {"X-Forwarded-For": "1.1.1.1," * 900},
        {"Cookie": "sessionid=" + "x" * 4000},
        {"Cookie": "sessionid=../../etc"}, {"Authorization": "Bearer " + "x" * 9000},
        {"Authorization": "Bearer"}, {"Accept": "*/*;q=abc"},
        {"Accept": "application/" + "x" * 2000},
        {"X-Request-ID": "{}"}, {"Range": "bytes=0-,0-,0-"}, {"If-None-Match": '"' * 999},
        {"Accept-Language": "x" * 5000}, {"Content-Type": "text/plain; charset=nonsense"},
        {"HX-Request": "true", "HX-Current-URL": "%00"}, {"Expect": "nothing"},
    ):  # fmt: skip
        name = next(iter(headers))
        yield Attack(f"header {name} {str(headers[name])[:12]!r}", "/", "GET", headers=headers)
        yield Attack(
            f"header {name} {str(headers[name])[:12]!r} to the API", "/api/v1/versions/", "GET",
            headers=headers,
        )  # fmt: skip
    for name in ("admin", "", "x" * 300, "a\x00", "' OR 1=1--", "ad\u0131min"):
        yield Attack(
            f"sign-in as {name[:9]!r}", "/accounts/login/", data={"username": name, "password": "x"}
        )
