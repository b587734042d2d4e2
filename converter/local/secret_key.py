"""A secret key for machines on which nobody set one."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def local_secret_key(folder: Path) -> str:
    """Return the key kept in `folder`, making one at first use, readable by its owner alone.

    Two processes that start together agree on one key: only one of them can create the file.
    """
    path = folder / "secret_key"
    draft = folder / f"secret_key.{os.getpid()}"
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(get_random_secret_key())
        try:
            # A link fails where the name exists, and never shows a half-written file.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
