"""Where a version comes from: the dataset that it was trained on."""

from classifier.models import Dataset, ModelVersion


class VariantError(Exception):
    """A version's variants cannot be measured; the message says why."""


def dataset_of(version: ModelVersion) -> Dataset:
    """Return the dataset that a version was trained on.

    Raises:
        VariantError: if it is not here: on another one, validation could be what it learnt.
    """
    ready = Dataset.objects.ready()
    dataset = ready.filter(fingerprint=version.dataset_fingerprint).first()
    if dataset is None:
        raise VariantError(f"The dataset that {version} was trained on is not here.")
    return dataset
