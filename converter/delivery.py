"""Drawings as files: one in a format, or many as one zip file."""

import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePath

from django.http import FileResponse, HttpResponse
from django.utils.text import slugify

from converter.models import Conversion, GoneError
from converter.outputs.formats import OutputError, OutputOptions, format_named, make

# A drawing opened as a page of its own can run nothing and reach nothing.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_IN_MEMORY = 8 * 2**20  # bytes of a zip file before it goes to the disk
_NOT_MADE = "NOT MADE.txt"


def file_response(conversion: Conversion, name: str, options: OutputOptions) -> HttpResponse:
    """Return a drawing as a file of the format of that name.

    Raises:
        OutputError: if it cannot be written in that format.
    """
    output = format_named(name)
    content = make(conversion.read_svg(), name, replace(options, title=conversion.name))
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
    """
    names: Counter[str] = Counter()
    faults: list[str] = []
    archive_file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (the response closes it)
    with zipfile.ZipFile(archive_file, "w", zipfile.ZIP_DEFLATED) as archive:
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
                    made = make(content, output.name, replace(options, title=conversion.name))
                    archive.writestr(f"{name}{output.suffix}", made)
                except OutputError as error:
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
