"""Logos that wait for a label: consented uploads, imports nobody reviewed, the ambiguous pool."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path

from classifier.datasets.corrections import labels
from classifier.logo_types import AMBIGUOUS
from classifier.models import Dataset, Proposal, Sample

_MOST = 10_000  # the choice has to look at each


class Origin(StrEnum):
    """Where a logo comes from, and by that who has said something of its type."""

    PROPOSAL = "proposal"
    IMPORT = "import"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True)
class Candidate:
    """A logo that might be labelled next. `said` is the type that somebody gave it, if so."""

    origin: Origin
    sha256: str
    file: Path
    background: str
    said: str = ""
    sample: Sample | None = None
    proposal: Proposal | None = None


def candidates(most: int = _MOST) -> list[Candidate]:
    """Return up to `most` logos without a reviewed label, each file once, the newest first."""
    found: dict[str, Candidate] = {}
    reviewed = labels()
    for logo in chain(_proposals(), _imports(), _ambiguous()):
        if logo.sha256 not in reviewed:
            found.setdefault(logo.sha256, logo)
    return list(islice(found.values(), most))


def _proposals() -> Iterator[Candidate]:
    for proposal in Proposal.objects.filter(status=Proposal.Status.PROPOSED):
        yield Candidate(
            Origin.PROPOSAL, proposal.sha256, proposal.file, "", proposal.label, proposal=proposal
        )


def _imports() -> Iterator[Candidate]:
    samples = _samples().filter(dataset__source=Dataset.Source.FOLDER).exclude(label=AMBIGUOUS)
    for sample in samples:
        yield _of(sample, Origin.IMPORT, sample.label)


def _ambiguous() -> Iterator[Candidate]:
    for sample in _samples().filter(label=AMBIGUOUS):
        yield _of(sample, Origin.AMBIGUOUS, "")


def _samples() -> "Iterator[Sample]":
    ready = Sample.objects.filter(dataset__status=Dataset.Status.READY)
    return ready.select_related("dataset").order_by("-dataset_id", "pk")


def _of(sample: Sample, origin: Origin, said: str) -> Candidate:
    return Candidate(origin, sample.sha256, sample.file, sample.background, said, sample=sample)
