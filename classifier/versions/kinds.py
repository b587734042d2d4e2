"""Evaluations, measurements of variants and ensembles as kinds of work."""

from typing import Any

from django.db.models import QuerySet

from classifier.evaluation.predictions import InvalidPredictionsError
from classifier.images import ImageError
from classifier.inference.manifest import ModelError
from classifier.models import EnsembleBuild, EvaluationJob, VariantMeasurement
from classifier.versions.ensembles import EnsembleError, create_ensemble, members_of
from classifier.versions.evaluation_jobs import measure
from classifier.versions.evaluations import EvaluationError
from classifier.versions.origin import VariantError
from classifier.versions.registry import VersionError
from classifier.versions.router_fitting import measure_and_route
from classifier.work.execution import Progress
from classifier.work.heartbeat import Heartbeat
from classifier.work.kinds import End, Kind, register

_UNUSABLE = (ModelError, ImageError)


@register
class EvaluationKind(Kind):
    """An evaluation of a version on a split."""

    name = "evaluation"
    row = EvaluationJob
    again = "evaluate again"
    stopped = "The worker was stopped. Evaluate again."
    lost = "The worker fell silent. Evaluate again."
    permission = "add_evaluation"
    foreseen = (EvaluationError, InvalidPredictionsError, *_UNUSABLE)

    def rows(self) -> QuerySet:
        """Bring version and dataset along."""
        return EvaluationJob.objects.select_related("version", "dataset")

    def carry_out(self, row: EvaluationJob, heartbeat: Heartbeat, listener: Any) -> None:
        measure(row, heartbeat)


@register
class VariantMeasurementKind(Kind):
    """A measurement of a version's variants, after which its router is fitted."""

    name = "variants"
    row = VariantMeasurement
    again = "measure again"
    stopped = "The worker was stopped. Measure again."
    lost = "The worker fell silent. Measure again."
    permission = "add_evaluation"
    foreseen = (VariantError, VersionError, *_UNUSABLE)

    def rows(self) -> QuerySet:
        return VariantMeasurement.objects.select_related("version")

    def carry_out(self, row: VariantMeasurement, heartbeat: Heartbeat, listener: Any) -> None:
        """Measure, let the best variant serve, and fit the router to it."""
        measure_and_route(row.version, Progress(heartbeat, "variants"))


@register
class EnsembleKind(Kind):
    """The making of an ensemble."""

    name = "ensemble"
    row = EnsembleBuild
    again = "make the ensemble again"
    stopped = "The worker was stopped. Make the ensemble again."
    lost = "The worker fell silent. Make the ensemble again."
    permission = "add_trainingrun"
    foreseen = (EnsembleError, VersionError, *_UNUSABLE)

    def carry_out(self, row: EnsembleBuild, heartbeat: Heartbeat, listener: Any) -> End:
        """Make it, and name the version that came of it."""
        version = create_ensemble(members_of(row), Progress(heartbeat, "ensemble"))
        return End(row.Status.SUCCEEDED, values={"progress": 1.0, "version": version})
