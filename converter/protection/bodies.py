"""How large a request may be, by its address, and whether there is room for it."""

import math
import shutil
import tempfile
from http import HTTPStatus

from django.conf import settings

from classifier.conf import conf

# What a multipart body needs besides the files: names, and other fields.
_FORM_ROOM = 2**20
SMALL = 2**20  # a body that fits in memory asks for no room on the disk


def body_limit(path: str) -> int:
    """Return how many bytes a request to an address may bring."""
    images = max(conf.MAX_UPLOAD_BYTES, conf.MAX_IMAGES_BYTES)
    limits = {
        "/": settings.CONVERTER_MAX_BATCH_BYTES,
        "/api/v1/batches/": settings.CONVERTER_MAX_BATCH_BYTES,
        "/api/v1/conversions/": settings.CONVERTER_MAX_UPLOAD_BYTES,
        "/api/v1/classify/": images,
        "/api/v1/proposals/": conf.MAX_UPLOAD_BYTES,
        "/api/v1/versions/import/": conf.MAX_VERSION_BYTES,
        "/admin/classifier/dataset/add/": conf.MAX_IMPORT_BYTES,
    }
    return limits.get(path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE) + _FORM_ROOM


def for_staff(path: str) -> bool:
    """Tell whether an address takes so much because only staff can do something there."""
    return path in ("/admin/classifier/dataset/add/", "/api/v1/versions/import/")


def room_for(length: int) -> bool:
    """Tell whether a body fits on the disks and leaves MIN_FREE_BYTES free."""
    return length <= SMALL or has_room(2 * length)


def has_room(more: int = 0) -> bool:
    """Tell whether MIN_FREE_BYTES are free on the disks beside so many that are to come.

    A body is received into the temporary folder, and stored in the data folder.
    """
    folders = {tempfile.gettempdir(), settings.VAR_DIR}
    return all(
        shutil.disk_usage(folder).free - more >= settings.MIN_FREE_BYTES for folder in folders
    )


def problem_with(path: str, length: int) -> tuple[HTTPStatus, str] | None:
    """Say why a request with so many bytes to an address is refused; None if it is not."""
    limit = body_limit(path)
    if length > limit:
        return (
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The request is larger than {math.ceil(limit / 2**20)} MB, which is all that this "
            "address takes.",
        )
    if not room_for(length):
        return (
            HTTPStatus.INSUFFICIENT_STORAGE,
            "There is too little room on the server for this upload. Please try again later.",
        )
    return None
