"""Choosing the logos to label next, as work for a worker."""

import numpy as np
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from classifier.datasets.features import features_of
from classifier.evaluation.acquisition import choose, disagreement, embedding, uncertainty
from classifier.labelling.candidates import Candidate, Origin, candidates
from classifier.labelling.opinions import MODEL, RULES, SAID, SHADOW, opinions_on
from classifier.lib.progress import Tell, part
from classifier.logo_types import CLASS_NAMES
from classifier.models import LabelSelection, SelectedLogo
from classifier.work.queue import enqueue

COUNT = 50  # logos of a selection
_ASKED = 0.5  # share of the time until every opinion is known
_TORN = 0.3  # margin under which the two likeliest types are named
_SAYS = {
    Origin.PROPOSAL: "the uploader says {}",
    Origin.IMPORT: "the import says {}",
}
_FROM = {
    Origin.PROPOSAL: "an upload",
    Origin.IMPORT: "an import",
    Origin.AMBIGUOUS: "ambiguous by its measures",
}


class SelectionError(Exception):
    """No logos can be chosen; the message says why and what to do."""


def start_selection(user: AbstractBaseUser | None) -> LabelSelection:
    """Have a worker choose logos to label.

    Raises:
        SelectionError: if one is being chosen already.
    """
    with transaction.atomic():
        if LabelSelection.objects.active().exists():
            raise SelectionError("Logos are being chosen already.")
        selection = LabelSelection.objects.create(created_by=user)
        enqueue(selection)
    return selection


def select_logos(selection: LabelSelection, tell: Tell) -> None:
    """Store the logos whose labels would teach most, in place of those of an earlier attempt.

    `tell` hears of the share done, 0 to 1; what it raises ends the choice.

    Raises:
        SelectionError: if nothing waits for a label.
        WeightsError: if the pretrained network's weights cannot be used.
    """
    found = candidates()
    logos, opinions = opinions_on(found, part(tell, 0.0, _ASKED)) if found else ([], {})
    if not logos:
        raise SelectionError(
            "No logo waits for a label. Build a dataset, import images, or collect proposals."
        )
    points = embedding(features_of(logos, part(tell, _ASKED, 1.0)))
    chosen = choose(teaching(opinions), points, COUNT)
    rows = [
        _row(selection, rank, logos[position], {k: v[position] for k, v in opinions.items()})
        for rank, position in enumerate(chosen, 1)
    ]
    with transaction.atomic():
        selection.logos.all().delete()
        SelectedLogo.objects.bulk_create(rows)
        selection.candidate_count = len(logos)
        selection.save(update_fields=["candidate_count"])


def teaching(opinions: dict[str, np.ndarray]) -> np.ndarray:
    """Return how much each logo's label would teach by itself: float [N], from 0 to 2."""
    members = [opinions[name] for name in (MODEL, SHADOW, RULES, SAID) if name in opinions]
    return uncertainty(opinions[MODEL]) + disagreement(np.stack(members))


def _row(
    selection: LabelSelection, rank: int, logo: Candidate, opinions: dict[str, np.ndarray]
) -> SelectedLogo:
    answer = opinions[MODEL]
    return SelectedLogo(
        selection=selection,
        rank=rank,
        sample=logo.sample,
        proposal=logo.proposal,
        answer=CLASS_NAMES[int(answer.argmax())],
        confidence=float(answer.max()),
        reason=reason_for(logo, opinions),
    )


def reason_for(logo: Candidate, opinions: dict[str, np.ndarray]) -> str:
    """Say what speaks for asking about a logo, as a short list.

    Args:
        logo: the one in question.
        opinions: each member's probabilities for it, float [4].
    """
    model = opinions[MODEL]
    first, second = (int(index) for index in np.argsort(-model, kind="stable")[:2])
    reasons = []
    if model[first] - model[second] < _TORN:
        shares = f"{model[first]:.0%} to {model[second]:.0%}"
        reasons.append(f"torn between {CLASS_NAMES[first]} and {CLASS_NAMES[second]}, {shares}")
    for name, words in (
        (SHADOW, "the shadow says {}"),
        (RULES, "the rules say {}"),
        (SAID, _SAYS.get(logo.origin, "{}")),
    ):
        opinion = opinions.get(name)
        if opinion is not None and not np.isnan(opinion).any() and opinion.argmax() != first:
            reasons.append(words.format(CLASS_NAMES[int(opinion.argmax())]))
    return "; ".join([*reasons, _FROM[logo.origin]])
