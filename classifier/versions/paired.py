"""Two evaluations of the same images, answer beside answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.logo_types import CLASS_NAMES
from classifier.models import Evaluation, Prediction

if TYPE_CHECKING:
    from classifier.evaluation.comparison import Comparison


@dataclass(frozen=True)
class Paired:
    """The first one's predictions, the second one's answers to the same, and the comparison."""

    rows: list[Prediction]
    rivals: list[str]
    comparison: "Comparison"


def paired_answers(one: Evaluation, other: Evaluation) -> Paired:
    """Compare the answers of two evaluations to the images that both saw.

    Raises:
        InvalidPredictionsError: if they have no image in common.
    """
    from classifier.evaluation.comparison import compare

    answers = dict(other.predictions.values_list("sample_id", "answer"))
    predictions = one.predictions.select_related("sample")
    rows = [row for row in predictions if row.sample_id in answers]
    rivals = [answers[row.sample_id] for row in rows]
    triples = [
        (row.sample.label, row.answer, rival) for row, rival in zip(rows, rivals, strict=True)
    ]
    numbers = np.array([[CLASS_NAMES.index(name) for name in triple] for triple in triples])
    return Paired(rows, rivals, compare(*numbers.reshape(-1, 3).T))
