"""Taking in a version folder as a zip file from somewhere else, trusting nothing in it."""

import json
import math
import re
import shutil
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NoReturn

from classifier.conf import conf
from classifier.inference.manifest import (
    MANIFEST_NAME,
    Manifest,
    new_version_folder,
    verified_bytes,
)
from classifier.models import ModelVersion
from classifier.versions.registry import VersionError, register_version
from classifier.versions.repository.files import BESIDE

_MOST_FILES = 32
_MOST_MANIFEST_BYTES = 2**20
_BLOCK = 2**20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUFFIXES = {".onnx", ".safetensors", ".json"}


class InvalidArchiveError(Exception):
    """The file is not a zip of a version folder. The message says why."""


def import_version(file: BinaryIO) -> ModelVersion:
    """Register the version in a zip file as a candidate.

    The archive holds `manifest.json` and the files that it names, alone or in one folder; what a
    model repository has beside them is left out. The
    figures in the manifest were measured elsewhere: the row leaves them out.

    Raises:
        InvalidArchiveError: if it is no such archive, or too large.
        ModelError: if a file does not match its hash, or the model cannot be loaded.
        VersionError: if there is another version with its name.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _import(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InvalidArchiveError(f"This is not a readable zip file: {error}.") from error


def _import(archive: zipfile.ZipFile) -> ModelVersion:
    from classifier.inference.engine import Engine

    entries = _entries(archive)
    text = _read(archive, entries.pop(MANIFEST_NAME), _MOST_MANIFEST_BYTES)
    manifest = _manifest(text)
    if set(entries) != set(manifest.files):
        odd = ", ".join(sorted(set(entries) ^ set(manifest.files)))
        raise InvalidArchiveError(f"Archive and manifest name different files: {odd}.")
    folder = Path(conf.ROOT) / "versions" / manifest.name
    if folder.exists() or ModelVersion.objects.filter(name=manifest.name).exists():
        raise VersionError(f"There is a version with the name {manifest.name} already.")
    with new_version_folder(folder) as draft:
        (draft / MANIFEST_NAME).write_bytes(text)
        room = conf.MAX_VERSION_BYTES
        for name, entry in entries.items():
            room -= _extract(archive, entry, draft / name, room)
            verified_bytes(draft, manifest, name)
        Engine.load(draft)
    try:
        version = register_version(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    version.manifest["metrics"] = {}
    version.save(update_fields=["manifest"])
    return version


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the archive's files by name, without the folder that may hold them all."""
    files = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and PurePosixPath(entry.filename).name not in BESIDE
    ]
    if len(files) > _MOST_FILES:
        raise InvalidArchiveError(f"The archive holds more than {_MOST_FILES} files.")
    folders = {str(PurePosixPath(entry.filename).parent) for entry in files}
    if len(folders) != 1 or not re.fullmatch(rf"\.|{_NAME.pattern}", *folders):
        raise InvalidArchiveError("The archive's files must lie in one folder, or in none.")
    entries = {PurePosixPath(entry.filename).name: entry for entry in files}
    for name, entry in entries.items():
        if not _NAME.fullmatch(name) or Path(name).suffix not in _SUFFIXES:
            raise InvalidArchiveError(f"A version holds no file like {name!r}.")
        if entry.flag_bits & 1:
            raise InvalidArchiveError(f"{name} is encrypted.")
    if len(entries) != len(files) or MANIFEST_NAME not in entries:
        raise InvalidArchiveError(f"The archive must hold one {MANIFEST_NAME}, and no file twice.")
    return entries


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    with archive.open(entry) as source:
        content = source.read(limit + 1)  # what the header says of its size may be a lie
    if len(content) > limit:
        raise InvalidArchiveError(f"{entry.filename} is too large.")
    return content


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, room: int) -> int:
    """Write an entry to a file and return its size, which may be as large as there is room."""
    size = 0
    with archive.open(entry) as source, target.open("xb") as file:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > room:
                raise InvalidArchiveError("The archive's files are too large.")
            file.write(block)
    return size


def _manifest(text: bytes) -> Manifest:
    """Read a manifest, and check the form of everything that is used of it later."""
    try:
        values = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidArchiveError(f"{MANIFEST_NAME} is not JSON: {error}.") from error
    if not isinstance(values, dict) or b"\\u0000" in text:
        raise InvalidArchiveError(f"{MANIFEST_NAME} is not a JSON object of plain text.")
    manifest = Manifest.from_json(values)
    wrong = [name for name, right in _checks(manifest).items() if not right]
    if wrong:
        raise InvalidArchiveError(f"{MANIFEST_NAME} has an unusable {', '.join(wrong)}.")
    return manifest


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _checks(manifest: Manifest) -> dict[str, bool]:
    files = manifest.files
    return {
        "name": _is_text(manifest.name) and bool(_NAME.fullmatch(manifest.name)),
        "backbone": _is_text(manifest.backbone) and 0 < len(manifest.backbone) <= 40,
        "input_size": type(manifest.input_size) is int and 16 <= manifest.input_size <= 1024,
        "temperature": _is_number(manifest.temperature) and manifest.temperature > 0,
        "files": isinstance(files, dict)
        and all(_is_text(value) and _SHA256.fullmatch(value) for value in files.values()),
        "onnx": _is_text(manifest.onnx) and manifest.onnx in files,
        "config": isinstance(manifest.config, dict),
        "dataset": isinstance(manifest.dataset, dict)
        and all(_is_text(manifest.dataset.get(key, "")) for key in ("name", "fingerprint"))
        and len(manifest.dataset.get("fingerprint", "")) <= 64,
        "routing": isinstance(manifest.routing, dict) and _routes(manifest.routing),
        "members": isinstance(manifest.members, list) and all(map(_is_text, manifest.members)),
        "created": _is_text(manifest.created),
    }


def _routes(routing: dict[str, Any]) -> bool:
    """Return whether each value that the router knows is of the kind that it has by default."""
    from classifier.inference.router import Routing

    for setting in fields(Routing):
        value = routing.get(setting.name, setting.default)
        if isinstance(setting.default, float):
            if not _is_number(value):
                return False
        elif type(value) is not type(setting.default):
            return False
    return True


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
