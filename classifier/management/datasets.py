"""Finding the dataset that a command is about."""

from django.core.management.base import CommandError

from classifier.management.database import ensure_database
from classifier.models import Dataset


def find_dataset(name: str | None) -> Dataset:
    """Return the dataset of that name, or the newest finished one.

    Raises:
        CommandError: when there is none, with the names that there are.
    """
    ensure_database()
    ready = Dataset.objects.ready()
    dataset = ready.filter(name=name).first() if name else ready.first()
    if dataset is None:
        names = ", ".join(ready.values_list("name", flat=True)) or "none yet"
        wanted = f'There is no dataset "{name}"' if name else "There is no dataset"
        raise CommandError(f"{wanted}; there are: {names}. Make one with build_dataset.")
    return dataset
