"""Evaluations as people order them, and what a worker measures for each."""

from django.db import transaction

from classifier.models import Dataset, Evaluation, EvaluationJob, ModelVersion
from classifier.versions.evaluations import (
    EvaluationError,
    add_robustness,
    add_saliency,
    evaluate_method,
    evaluate_version,
)
from classifier.work.execution import Progress
from classifier.work.heartbeat import Heartbeat
from classifier.work.queue import enqueue


def start_evaluation(version: ModelVersion, dataset: Dataset, split: str) -> EvaluationJob:
    """Store a job and give it to a worker once the transaction is over.

    Raises:
        EvaluationError: if the same evaluation waits or works already.
    """
    with transaction.atomic():
        same = EvaluationJob.objects.filter(version=version, dataset=dataset, split=split)
        if same.active().exists():
            raise EvaluationError("This evaluation waits or works already.")
        job = EvaluationJob.objects.create(version=version, dataset=dataset, split=split)
        enqueue(job)
    return job


def cancel_evaluation(job: EvaluationJob) -> None:
    """Take a queued job back, or ask a working one to stop. One that is over stays as it is."""
    EvaluationJob.objects.filter(pk=job.pk).cancel()


def measure(job: EvaluationJob, heartbeat: Heartbeat) -> None:
    """Measure every method on the same images, and the model under corruptions; draw what decided
    the model's wrong answers.

    What was measured until an exception comes stays.

    Raises:
        WorkStoppedError: if the job was cancelled.
        EvaluationError, InvalidPredictionsError, ModelError, UnreadableImageError,
        ImageTooLargeError: see `classifier.versions.evaluations`.
    """
    what = (job.version, job.dataset, job.split)
    if job.model_only:
        evaluate_version(*what, Progress(heartbeat, "model"))
        return
    evaluation = evaluate_version(*what, Progress(heartbeat, "model", 0.0, 0.1))
    evaluate_method(*what, Evaluation.Method.RULES, Progress(heartbeat, "rules", 0.1, 0.25))
    evaluate_method(*what, Evaluation.Method.HYBRID, Progress(heartbeat, "hybrid", 0.25, 0.4))
    add_saliency(evaluation, Progress(heartbeat, "saliency", 0.4, 0.5))
    add_robustness(evaluation, Progress(heartbeat, "corruptions", 0.5, 1.0))
