"""Versions in a storage that several machines share: files under their hash, fetched when needed.

In force where the setting STORAGES has a storage called `versions`; see docs/operations.md.
"""

import errno
import hashlib
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from classifier.conf import conf
from classifier.inference.manifest import (
    MANIFEST_NAME,
    CorruptModelError,
    MissingModelError,
    new_version_folder,
    read_manifest,
    sha256_of_manifest,
    verified_bytes,
)

_ALIAS = "versions"


def is_shared() -> bool:
    """Whether there is such a storage."""
    return _ALIAS in settings.STORAGES


def publish(folder: Path) -> None:
    """Copy a version's files to the storage, those excepted that are there.

    Raises:
        ModelError: if a file is missing or does not match its hash.
    """
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        _put(digest, verified_bytes(folder, manifest, name))
    # Last: who finds a manifest finds the files that it names.
    _put(sha256_of_manifest(folder), (folder / MANIFEST_NAME).read_bytes())


def fetched(digest: str) -> Path:
    """Return this machine's folder of the version whose manifest has that hash.

    Its files are fetched at the first call, and each is checked against its hash.

    Raises:
        MissingModelError: if a file is not in the storage, or that cannot be reached.
        CorruptModelError: if a file is not what its hash says.
    """
    folder = Path(conf.ROOT) / "fetched" / digest
    if not folder.exists():
        _fetch(digest, folder)
    return folder


def _fetch(digest: str, folder: Path) -> None:
    try:
        with new_version_folder(folder) as draft:
            (draft / MANIFEST_NAME).write_bytes(_get(digest))
            for name, own in read_manifest(draft).files.items():
                (draft / name).write_bytes(_get(own))
    except OSError as error:
        # Another process fetched it at the same time.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _put(digest: str, content: bytes) -> None:
    storage = storages[_ALIAS]
    if not storage.exists(digest):
        storage.save(digest, ContentFile(content))


def _get(digest: str) -> bytes:
    try:
        with storages[_ALIAS].open(digest) as file:
            content = file.read()
    except Exception as error:  # each storage has errors of its own
        raise MissingModelError(
            f"The file {digest[:12]} cannot be fetched from the storage of versions: {error}"
        ) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise CorruptModelError(f"The file {digest[:12]} in the storage does not match its hash.")
    return content
