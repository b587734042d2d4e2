"""What the classifier stores: datasets and samples, runs and epochs, versions and evaluations."""

from classifier.models.datasets import (
    AugmentationPreview,
    Dataset,
    DatasetBuild,
    LabelCheck,
    LabelCorrection,
    Proposal,
    Sample,
)
from classifier.models.evaluations import Evaluation, EvaluationJob, Prediction
from classifier.models.labelling import LabelSelection, SelectedLogo
from classifier.models.live import LivePrediction, ShadowPrediction
from classifier.models.mirror import MirroredRow, MirrorLease
from classifier.models.notices import Delivery, Event, Notice, Subscription
from classifier.models.promotions import Promotion
from classifier.models.retrainings import Retraining, RetrainingSchedule
from classifier.models.runs import EpochMetric, RateTest, TrainingRun
from classifier.models.studies import Study, Trial
from classifier.models.tokens import ApiToken
from classifier.models.versions import (
    BUNDLED_FOLDER,
    VARIANT_FIGURES,
    EnsembleBuild,
    ModelVariant,
    ModelVersion,
    VariantMeasurement,
)
from classifier.models.work import ClaimedWork

__all__ = [
    "BUNDLED_FOLDER",
    "VARIANT_FIGURES",
    "ApiToken",
    "AugmentationPreview",
    "ClaimedWork",
    "Dataset",
    "DatasetBuild",
    "Delivery",
    "EnsembleBuild",
    "EpochMetric",
    "Evaluation",
    "EvaluationJob",
    "Event",
    "LabelCheck",
    "LabelCorrection",
    "LabelSelection",
    "LivePrediction",
    "MirrorLease",
    "MirroredRow",
    "ModelVariant",
    "ModelVersion",
    "Notice",
    "Prediction",
    "Promotion",
    "Proposal",
    "RateTest",
    "Retraining",
    "RetrainingSchedule",
    "Sample",
    "SelectedLogo",
    "ShadowPrediction",
    "Study",
    "Subscription",
    "TrainingRun",
    "Trial",
    "VariantMeasurement",
]
