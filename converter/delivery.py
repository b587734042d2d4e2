"""Drawings as files: one in a format, or many as one zip file."""

import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import PurePath

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.utils.text import slugify

from converter.images import DecoderBusyError
from converter.models import Conversion, GoneError
from converter.outputs.formats import OutputError, OutputOptions, format_named
from converter.outputs.guarded import WritersBusyError, make_guarded

# A drawing opened as a page of its own can run nothing and reach nothing.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_IN_MEMORY = 8 * 2**20  # bytes of a zip file before it goes to the disk
_NOT_MADE = "NOT MADE.txt"
_ZIP_SECONDS = 120.0  # then a zip file holds what there is
_PLACE_SECONDS = 1.0
_places = threading.BoundedSemaphore(settings.CONVERTER_DOWNLOADS)


def file_response(conversion: Conversion, name: str, options: OutputOptions) -> HttpResponse:
    """Return a drawing as a file of the format of that name.

    Raises:
        OutputError: if it cannot be written in that format.
        DecoderBusyError: if too many files are being made.
    """
    output = format_named(name)
    with _place() if name != "svg" else nullcontext():
        content = make_guarded(conversion.read_svg(), name, replace(options, title=conversion.name))
    return HttpResponse(
        content,
        content_type=output.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(conversion)}{output.suffix}"',
            "Content-Security-Policy": SVG_POLICY,
            "X-Content-Type-Options": "nosniff",
        },
    )


def zip_response(
    conversions: Iterable[Conversion], formats: Sequence[str], options: OutputOptions
) -> FileResponse:
    """Return drawings as one zip file, each named after its upload and in each of the formats.

    A text file beside the rest lists what could not be made.

    Raises:
        DecoderBusyError: if too many files are being made.
    """
    names: Counter[str] = Counter()
    faults: list[str] = []
    archive_file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (the response closes it)
    end = time.monotonic() + _ZIP_SECONDS
    with _place(), zipfile.ZipFile(archive_file, "w", zipfile.ZIP_DEFLATED) as archive:
        for conversion in conversions:
            name = file_name(conversion)
            names[name] += 1
            name += f"-{names[name]}" if names[name] > 1 else ""
            try:
                content = conversion.read_svg()
            except GoneError:
                continue
            for output in map(format_named, formats):
                try:
                    made = _made(content, output.name, replace(options, title=conversion.name), end)
                    archive.writestr(f"{name}{output.suffix}", made)
                except (OutputError, DecoderBusyError) as error:
                    faults.append(f"{conversion.name}: {error}")
        if faults:
            archive.writestr(_NOT_MADE, "\n".join(faults) + "\n")
    archive_file.seek(0)
    return FileResponse(
        archive_file, as_attachment=True, filename="logos.zip", content_type="application/zip"
    )


def file_name(conversion: Conversion) -> str:
    """Return the upload's name as a plain file name without its suffix."""
    return slugify(PurePath(conversion.name).stem) or "logo"


def _made(svg: str, name: str, options: OutputOptions, end: float) -> bytes:
    """Return a file of a zip, within the time that all of them have.

    Raises:
        OutputError, DecoderBusyError: if it cannot be made, or not in that time.
    """
    if name != "svg" and time.monotonic() > end:
        raise OutputError(f"There was no time left for its {name}. Fetch it alone.")
    return make_guarded(svg, name, options)


@contextmanager
def _place() -> Iterator[None]:
    """Hold one of the places for files that somebody waits for: the other threads answer others.

    Raises:
        WritersBusyError: if there is none, and none gets free soon.
    """
    if not _places.acquire(timeout=_PLACE_SECONDS):
        raise WritersBusyError
    try:
        yield
    finally:
        _places.release()
