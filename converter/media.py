"""Files in the storage of uploads and drawings."""

from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone


def delete_ownerless(folder: str, owners: set[str]) -> int:
    """Delete what lies in folders of no owner; return how many files.

    What is younger than CONVERSION_DAYS stays: its row may be about to be stored, or be in another
    database. Older rows have expired anyway.

    Args:
        folder: in the default storage, with one folder for each owner.
        owners: names of folders that have a row.
    """
    limit = timezone.now() - timedelta(days=settings.CONVERSION_DAYS)
    deleted = 0
    for name in _listed(folder)[0]:
        for file in _listed(f"{folder}/{name}")[1] if name not in owners else ():
            path = f"{folder}/{name}/{file}"
            if default_storage.get_modified_time(path) < limit:
                default_storage.delete(path)
                deleted += 1
    return deleted


def files_in(folder: str) -> set[str]:
    """Return the names of the files in a folder of the default storage: half written ones, too."""
    return {f"{folder}/{name}" for name in _listed(folder)[1]}


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Return the folders and files in a folder, which may not be there yet."""
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
