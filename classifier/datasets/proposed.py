"""Accepted proposals as samples of a data set: for training only, and only where they are new."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from classifier.data.backgrounds import background_for
from classifier.data.duplicates import ALIKE, distances, hash_bytes, perceptual_hash
from classifier.logo_types import AMBIGUOUS
from classifier.models import Dataset, Proposal, Sample

PACKAGE = "proposals"


def new_proposals(
    known: list[str], dropped: Counter[str], without: Collection[str] = ()
) -> list[Proposal]:
    """Return the accepted proposals that look like no logo of the data set, nor like each other.

    The logos of validation and test must not be trained on; those left out are counted.

    Args:
        known: perceptual hashes of the data set's logos.
        dropped: reasons with how many were left out; this adds to it.
        without: hashes of proposals that the data set has already.
    """
    taken: list[Proposal] = []
    hashes = hash_bytes(known)
    for proposal in Proposal.objects.filter(status=Proposal.Status.ACCEPTED).order_by("sha256"):
        if proposal.sha256 in without:
            continue
        if not proposal.file.is_file():
            dropped["proposal whose image is gone"] += 1
            continue
        own = hash_bytes([perceptual_hash(_pixels(proposal))])
        if (distances(hashes, own) <= ALIKE).any():
            dropped["proposal that looks like another logo"] += 1
            continue
        hashes = np.concatenate([hashes, own])
        taken.append(proposal)
    return taken


def proposed_samples(dataset: Dataset, proposals: Iterable[Proposal]) -> Iterator[Sample]:
    """Copy proposals into a dataset's folder; yield their unsaved rows."""
    for proposal in proposals:
        path = Path("images") / f"{proposal.sha256}.png"
        destination = dataset.folder / path
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(proposal.file.read_bytes())
        yield Sample(
            dataset=dataset,
            path=str(path),
            sha256=proposal.sha256,
            label=proposal.label,
            split=split_of(proposal),
            brand=f"proposal-{proposal.sha256[:16]}",
            package=PACKAGE,
            name=proposal.sha256[:16],
            background=background_for(_pixels(proposal), proposal.sha256),
        )


def split_of(proposal: Proposal) -> str:
    """Return the train split, or none for a logo between two types."""
    return str(Sample.Split.NONE if proposal.label == AMBIGUOUS else Sample.Split.TRAIN)


def _pixels(proposal: Proposal) -> np.ndarray:
    """Return uint8 RGBA [H, W, 4]."""
    with Image.open(proposal.file) as image:
        return np.asarray(image.convert("RGBA"))
