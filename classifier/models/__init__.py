"""What the classifier stores: datasets and samples, runs and epochs, versions and evaluations."""

from classifier.models.datasets import (
    Dataset,
    DatasetBuild,
    LabelCheck,
    LabelCorrection,
    Proposal,
    Sample,
)
from classifier.models.evaluations import Evaluation, EvaluationJob, Prediction
from classifier.models.live import LivePrediction, ShadowPrediction
from classifier.models.runs import EpochMetric, RateTest, TrainingRun
from classifier.models.studies import Study, Trial
from classifier.models.tokens import ApiToken
from classifier.models.versions import BUNDLED_FOLDER, VARIANT_FIGURES, ModelVariant, ModelVersion
from classifier.models.work import ClaimedWork

__all__ = [
    "BUNDLED_FOLDER",
    "VARIANT_FIGURES",
    "ApiToken",
    "ClaimedWork",
    "Dataset",
    "DatasetBuild",
    "EpochMetric",
    "Evaluation",
    "EvaluationJob",
    "LabelCheck",
    "LabelCorrection",
    "LivePrediction",
    "ModelVariant",
    "ModelVersion",
    "Prediction",
    "Proposal",
    "RateTest",
    "Sample",
    "ShadowPrediction",
    "Study",
    "TrainingRun",
    "Trial",
]
