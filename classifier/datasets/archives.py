"""Zips of images as strangers send them: looked into without trusting what they say."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from classifier.conf import conf

MAX_FILES = 50_000
MAX_TOTAL_BYTES = 4 * 2**30


class ArchiveError(ValueError):
    """A zip cannot be used as a whole. The message says why."""


class RefusedFileError(ValueError):
    """One file of an import cannot be used. The message is a short reason."""


@dataclass(frozen=True)
class ImportedFile:
    """A file of the import: its path inside, and its content where that could be read."""

    path: PurePosixPath
    content: bytes = b""
    refusal: str = ""


@contextmanager
def open_archive(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open a zip for reading.

    Raises:
        ArchiveError: when it is not a zip, is empty, or says that it holds too much.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ArchiveError(f"This is not a readable zip file: {error}.") from error
    with archive:
        entries = _entries(archive)
        if not entries:
            raise ArchiveError("The zip is empty.")
        if len(entries) > MAX_FILES or sum(e.file_size for e in entries) > MAX_TOTAL_BYTES:
            raise ArchiveError(
                f"The zip holds more than {MAX_FILES:,} files or {MAX_TOTAL_BYTES / 2**30:.0f} GB."
            )
        yield archive


def files_of(archive: zipfile.ZipFile) -> Iterator[ImportedFile]:
    """Read a zip's files by name; those that cannot be read carry a refusal."""
    for entry in sorted(_entries(archive), key=lambda entry: entry.filename):
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        try:
            yield ImportedFile(path, _read(archive, entry, path))
        except RefusedFileError as error:
            yield ImportedFile(path, refusal=str(error))


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [entry for entry in archive.infolist() if not entry.is_dir()]


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: PurePosixPath) -> bytes:
    if path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts[:1]):
        raise RefusedFileError("its path leads outside the archive")
    if entry.flag_bits & 1:
        raise RefusedFileError("it is encrypted")
    limit = conf.MAX_UPLOAD_BYTES
    try:
        with archive.open(entry) as file:
            content = file.read(limit + 1)  # what the header says of its size may be a lie
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise RefusedFileError("it is damaged") from error
    if len(content) > limit:
        raise RefusedFileError("the file is too large")
    return content
