"""Read, convert, store: the one way of a logo, whichever door it comes by.

What somebody waits for is converted at once; what takes long is left to workers as a batch.
"""

import time
from contextlib import suppress
from pathlib import PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from converter.batches import begin_item, create_batch, finish_item
from converter.conversion import (
    AS_CLASSIFIED,
    Choice,
    ConversionError,
    Result,
    SlowConversionError,
    convert_logo,
    is_large,
    read_upload,
)
from converter.images import DecoderBusyError, Logo, RefusedImageError
from converter.models import (
    Batch,
    BatchItem,
    Conversion,
    GoneError,
    RoutingPolicy,
    record_failure,
    store_conversion,
    visitor_of,
)
from converter.protection.inline import NoPlaceError, inline_place
from converter.protection.quota import check_quota

_DECODER_SECONDS = 60.0  # a worker may wait for a decoder; nobody looks at it
_UPLOAD_GONE = "The upload is gone. Send the image again."


class _TakenBackError(Exception):
    """Nobody wants the result any more, or somebody else came first."""


def convert_file(
    content: bytes, choice: Choice = AS_CLASSIFIED, wait_seconds: float | None = None
) -> tuple[Logo, Result]:
    """Read and convert an image by the routing policy in force; nothing is stored.

    Args:
        content: the file as it is.
        choice: how a person wants it traced.
        wait_seconds: how long to wait for a decoder; by default as long as a visitor would.

    Raises:
        RefusedImageError: if it cannot be read.
        DecoderBusyError: if too many images are being read.
        ConversionError: if the tracer fails with every preset.
    """
    logo = read_upload(content, wait_seconds)
    return logo, convert_logo(content, logo, choice, RoutingPolicy.in_force())


def convert_upload(
    request: HttpRequest, upload: UploadedFile, choice: Choice = AS_CLASSIFIED
) -> Conversion | Batch:
    """Convert what a visitor sent; where that has to be left to a worker, as a batch of one.

    Raises:
        QuotaError: if nothing more can be stored.
        RefusedImageError: if it cannot be read.
        ConversionError: if the tracer fails with every preset.
    """
    check_quota(request, upload.size or 0)
    try:
        converted = _converted_now(upload.read(), choice)
    except (RefusedImageError, ConversionError) as error:
        record_failure(error)
        raise
    if converted is None:
        upload.seek(0)
        return create_batch(visitor_of(request), [upload], choice)
    name = PurePath(upload.name or "").name
    return store_conversion(visitor_of(request), name, *converted, choice.corrects)


def take_uploads(
    request: HttpRequest, uploads: list[UploadedFile], choice: Choice = AS_CLASSIFIED
) -> Batch:
    """Leave what a visitor sent to workers.

    Raises:
        QuotaError: if nothing more can be stored.
    """
    check_quota(request, sum(upload.size or 0 for upload in uploads))
    return create_batch(visitor_of(request), uploads, choice)


def draw_again(found: Conversion, choice: Choice) -> Result:
    """Convert a stored logo once more while somebody waits; the caller keeps the result or not.

    Raises:
        NoPlaceError: if as many logos are being converted as may be.
        DecoderBusyError: likewise, if they are being read.
        ConversionError: if it cannot be traced so, or not in CONVERTER_INLINE_SECONDS.
    """
    with inline_place():
        limit = settings.CONVERTER_INLINE_SECONDS or None
        return convert_logo(b"", found.read_original(), choice, seconds=limit)


def convert_item(item_id: str) -> None:
    """Convert an item of a batch that waits, and keep the result unless somebody came first."""
    item = begin_item(item_id)
    if item is None:
        return
    try:
        _convert_item(item)
    except (RefusedImageError, ConversionError) as error:
        record_failure(error)
        finish_item(item, BatchItem.Status.FAILED, str(error))
    except (FileNotFoundError, GoneError):  # cancelled and removed meanwhile
        finish_item(item, BatchItem.Status.FAILED, _UPLOAD_GONE)


def _converted_now(content: bytes, choice: Choice) -> tuple[Logo, Result] | None:
    """Convert an upload, or return None where that has to be left to a worker.

    That is so for a large image, while all places are taken, and for a logo that takes too long.
    """
    limit = settings.CONVERTER_INLINE_SECONDS or None
    started = time.perf_counter()
    try:
        if is_large(content):
            return None
        with inline_place():
            logo = read_upload(content)
            left = limit and max(0.1, limit - (time.perf_counter() - started))
            return logo, convert_logo(content, logo, choice, RoutingPolicy.in_force(), left)
    except (NoPlaceError, DecoderBusyError, SlowConversionError):
        return None


def _convert_item(item: BatchItem) -> None:
    earlier, choice = item.conversion, item.wanted
    with earlier.open_file("original") if earlier else item.upload.open() as file:
        content = file.read()
    if earlier:
        logo = earlier.read_original(_DECODER_SECONDS)
        result = convert_logo(content, logo, choice, RoutingPolicy.in_force())
    else:
        logo, result = convert_file(content, choice, _DECODER_SECONDS)

    def finish(conversion: Conversion) -> None:
        if not finish_item(item, BatchItem.Status.DONE):
            raise _TakenBackError
        item.conversion = conversion
        item.save(update_fields=["conversion"])

    with suppress(_TakenBackError):
        if earlier:
            earlier.corrected = earlier.corrected or choice.corrects
            earlier.take_result(result, finish)
        else:
            visitor = str(item.batch.visitor)
            store_conversion(visitor, item.name, logo, result, choice.corrects, finish)
