"""Evaluations as work for a worker: queued, claimed, watched, cancelled, with how they ended."""

from functools import partial

from django.db import transaction

from classifier.models import Dataset, Evaluation, EvaluationJob, ModelVersion
from classifier.versions.evaluations import (
    EvaluationError,
    add_robustness,
    add_saliency,
    evaluate_method,
    evaluate_version,
)
from classifier.work.carrying_out import Progress, carry_out
from classifier.work.heartbeat import Heartbeat
from classifier.work.queue import enqueue


def start_evaluation(version: ModelVersion, dataset: Dataset, split: str) -> EvaluationJob:
    """Store a job and give it to a worker once the transaction is over.

    Raises:
        EvaluationError: if the same evaluation waits or works already.
    """
    from classifier.tasks import evaluate

    with transaction.atomic():
        same = EvaluationJob.objects.filter(version=version, dataset=dataset, split=split)
        if same.filter(status__in=EvaluationJob.ACTIVE).exists():
            raise EvaluationError("This evaluation waits or works already.")
        job = EvaluationJob.objects.create(version=version, dataset=dataset, split=split)
        enqueue(job, evaluate, "evaluate again")
    return job


def cancel_evaluation(job: EvaluationJob) -> None:
    """Take a queued job back, or ask a working one to stop. One that is over stays as it is."""
    EvaluationJob.objects.filter(pk=job.pk).cancel()


def execute_job(job_id: int) -> None:
    """Carry out a queued job: every method on the same images, what decided the model's wrong
    answers, and the model under corruptions.

    Whatever happens, the row says how it ended; what was measured until then stays.
    """
    job = EvaluationJob.objects.select_related("version", "dataset").filter(pk=job_id).first()
    carry_out(job, partial(_measure, job), _explain, "The worker was stopped.")


def _measure(job: EvaluationJob, heartbeat: Heartbeat) -> None:
    what = (job.version, job.dataset, job.split)
    evaluation = evaluate_version(*what, Progress(heartbeat, "model", 0.0, 0.1))
    evaluate_method(*what, Evaluation.Method.RULES, Progress(heartbeat, "rules", 0.1, 0.25))
    evaluate_method(*what, Evaluation.Method.HYBRID, Progress(heartbeat, "hybrid", 0.25, 0.4))
    add_saliency(evaluation, Progress(heartbeat, "saliency", 0.4, 0.5))
    add_robustness(evaluation, Progress(heartbeat, "corruptions", 0.5, 1.0))


def _explain(error: Exception) -> str:
    """Say what a foreseen exception means; nothing for others."""
    from classifier.evaluation.predictions import InvalidPredictionsError
    from classifier.inference.manifest import ModelError
    from classifier.inference.preprocessing import ImageTooLargeError, UnreadableImageError

    foreseen = (
        EvaluationError,
        InvalidPredictionsError,
        ModelError,
        UnreadableImageError,
        ImageTooLargeError,
    )
    return str(error) if isinstance(error, foreseen) else ""


def mark_lost_evaluations() -> int:
    """Mark jobs whose worker has been silent for too long; return how many there were."""
    return EvaluationJob.objects.mark_lost("The worker fell silent. Evaluate again.")
