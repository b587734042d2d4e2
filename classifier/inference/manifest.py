"""A model version on disk: one folder whose manifest names every file with its hash."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, BinaryIO, Self

from classifier.logo_types import CLASS_NAMES

FORMAT = 1
MANIFEST_NAME = "manifest.json"


class ModelError(Exception):
    """A model version cannot be used."""


class MissingModelError(ModelError):
    """The version's folder or one of its files is not there."""


class CorruptModelError(ModelError):
    """A file's content is not what the manifest says."""


class IncompatibleModelError(ModelError):
    """The version was made for other classes, or by another format of manifest."""


@dataclass(frozen=True)
class Manifest:
    """What there is to know about a model version.

    `files` maps a file name to its sha256; `onnx` names the variant that serves. The ONNX graph
    takes uint8 RGB images [N, input_size, input_size, 3] and gives float32 logits [N, classes]:
    normalisation is part of the graph.
    """

    name: str
    backbone: str
    input_size: int
    temperature: float
    onnx: str
    files: dict[str, str]
    class_names: list[str] = field(default_factory=lambda: list(CLASS_NAMES))
    mean: list[float] = field(default_factory=list)
    std: list[float] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)  # name, source, fingerprint, counts
    metrics: dict[str, Any] = field(default_factory=dict)  # by split
    routing: dict[str, float] = field(default_factory=dict)  # see inference/router.py
    # Settings of the trainings whose weights this one went on from, the first one first.
    forerunners: list[dict[str, Any]] = field(default_factory=list)
    members: list[str] = field(default_factory=list)  # versions that an ensemble averages
    created: str = ""  # ISO 8601, UTC
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Build a manifest from JSON values.

        Raises:
            IncompatibleModelError: for another format, other classes, or missing fields.
        """
        if values.get("format") != FORMAT:
            raise IncompatibleModelError(
                f"The manifest has format {values.get('format')}; this program reads {FORMAT}."
            )
        if values.get("class_names") != list(CLASS_NAMES):
            raise IncompatibleModelError(
                f"The model knows the classes {values.get('class_names')}, not {list(CLASS_NAMES)}."
            )
        known = {f.name for f in fields(cls)}
        try:
            return cls(**{name: value for name, value in values.items() if name in known})
        except TypeError as error:
            raise IncompatibleModelError(f"The manifest is incomplete: {error}.") from error


def sha256_of(path: Path) -> str:
    """Return the hex sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unreadable(folder: Path, name: str, error: OSError) -> "MissingModelError":
    """Return the exception for a file that is not there, or that this process may not read."""
    if isinstance(error, FileNotFoundError):
        return MissingModelError(f"{folder.name}/{name} is missing.")
    return MissingModelError(f"{folder.name}/{name} cannot be read: {error.strerror}.")


def sha256_of_manifest(folder: Path) -> str:
    """Return the hex sha256 of a version folder's manifest.

    Raises:
        MissingModelError: without a manifest.
    """
    try:
        return sha256_of(folder / MANIFEST_NAME)
    except OSError as error:
        raise _unreadable(folder, MANIFEST_NAME, error) from error


def read_manifest(folder: Path) -> Manifest:
    """Read a version folder's manifest.

    Raises:
        MissingModelError: without a manifest.
        CorruptModelError: if it is not JSON.
        IncompatibleModelError: if it describes another kind of model.
    """
    try:
        values = json.loads((folder / MANIFEST_NAME).read_text())
    except OSError as error:
        raise _unreadable(folder, MANIFEST_NAME, error) from error
    except ValueError as error:
        raise CorruptModelError(f"{folder.name}/{MANIFEST_NAME} is not JSON.") from error
    if not isinstance(values, dict):
        raise CorruptModelError(f"{folder.name}/{MANIFEST_NAME} is not a JSON object.")
    return Manifest.from_json(values)


def verified_bytes(folder: Path, manifest: Manifest, name: str) -> bytes:
    """Return the content of one of a version's files, checked against its hash.

    The bytes that were hashed are the bytes returned, so that nothing can change in between.

    Raises:
        MissingModelError: if the file is not there or not in the manifest.
        CorruptModelError: if its hash differs.
    """
    if name not in manifest.files:
        raise MissingModelError(f"The manifest of {folder.name} does not name {name}.")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise _unreadable(folder, name, error) from error
    if hashlib.sha256(content).hexdigest() != manifest.files[name]:
        raise CorruptModelError(f"{folder.name}/{name} does not match its hash in the manifest.")
    return content


def open_verified(path: Path, digest: str) -> BinaryIO:
    """Open a file for reading after checking it against its hash, without holding it in memory.

    Raises:
        MissingModelError: if the file is not there.
        CorruptModelError: if its hash differs.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise MissingModelError(f"{path.parent.name}/{path.name} is missing.") from error
    if hashlib.file_digest(file, "sha256").hexdigest() != digest:
        file.close()
        raise CorruptModelError(f"{path.parent.name}/{path.name} does not match its hash.")
    file.seek(0)
    return file


@contextmanager
def new_version_folder(destination: Path) -> Iterator[Path]:
    """Give an empty folder to write a version into; rename it to `destination` at the end.

    An exception removes the draft: a version is there whole or not at all.

    Raises:
        FileExistsError: if `destination` exists.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=destination.parent))
    try:
        yield draft
        draft.chmod(0o755)
        os.rename(draft, destination)  # noqa: PTH104 - fails on a non-empty destination
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a version folder, indented for people to read."""
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest.to_json(), indent=2) + "\n")
