"""Celery tasks: each loads a row, calls one function and stores the result."""

import logging
from typing import Any

from celery import shared_task

from classifier.datasets import label_checks
from classifier.datasets import orders as datasets
from classifier.runs import lifecycle as runs
from classifier.runs import rate_tests
from classifier.studies import lifecycle as studies
from classifier.versions import evaluation_jobs

logger = logging.getLogger(__name__)


@shared_task(acks_late=False)
def train(run_id: int) -> None:
    """Carry out a queued training run.

    The message is acknowledged before the work starts: a run outlives any visibility timeout, and
    is claimed, watched and resumed through its row instead.
    """
    from classifier.runs.execution import execute_run

    run = execute_run(run_id)
    if run and run.status == run.Status.SUCCEEDED:
        measure_variants.delay(run.version.pk)


@shared_task(acks_late=False)
def measure_variants(version_id: int) -> None:
    """Measure a version's variants and fit its router, unless it or its dataset is gone."""
    from classifier.models import ModelVersion
    from classifier.versions.variants import VariantError, measure_and_route

    version = ModelVersion.objects.filter(pk=version_id).first()
    try:
        if version:
            measure_and_route(version)
    except VariantError as error:
        logger.warning("%s", error)


@shared_task(acks_late=False)
def import_dataset(dataset_id: int) -> None:
    """Fill a dataset from the zip that was uploaded for it."""
    datasets.execute_import(dataset_id)


@shared_task(acks_late=False)
def build_dataset(dataset_id: int) -> None:
    """Fill a dataset from the logo packages."""
    datasets.execute_build(dataset_id)


@shared_task
def mark_lost_runs() -> None:
    """Mark runs and all other claimed work whose worker has fallen silent."""
    runs.mark_lost_runs()
    rate_tests.mark_lost_rate_tests()
    studies.mark_lost_trials()
    evaluation_jobs.mark_lost_evaluations()
    label_checks.mark_lost_label_checks()
    datasets.mark_lost_builds()


@shared_task
def report_leftovers() -> None:
    """Log how many files belong to nothing. `manage.py leftovers` lists and deletes them."""
    from classifier.work.leftovers import find_leftovers, size_of

    found = find_leftovers()
    if found:
        megabytes = sum(map(size_of, found)) / 1e6
        logger.warning(
            "%d files or folders (%.0f MB) belong to nothing: see manage.py leftovers.",
            len(found),
            megabytes,
        )


@shared_task
def score_shadow() -> None:
    """Let the shadow version answer the uploads that wait for it."""
    from classifier.live.shadow import score_waiting

    score_waiting()


@shared_task
def delete_old_traffic() -> None:
    """Delete live answers after CLASSIFIER_TRAFFIC_DAYS."""
    from classifier.live.traffic import delete_old_traffic

    delete_old_traffic()


@shared_task
def preview_augmentation(dataset_id: int, config: dict[str, Any]) -> None:
    """Draw what augmentation makes of a dataset's logos, unless the dataset is gone."""
    from classifier.datasets.previews import make_preview
    from classifier.models import Dataset
    from classifier.training.config import TrainingConfig

    dataset = Dataset.objects.filter(pk=dataset_id).first()
    if dataset:
        make_preview(dataset, TrainingConfig.from_json(config))


@shared_task(acks_late=False)
def evaluate(job_id: int) -> None:
    """Carry out a queued evaluation."""
    from classifier.versions.evaluation_jobs import execute_job

    execute_job(job_id)


@shared_task(acks_late=False)
def find_learning_rate(test_id: int) -> None:
    """Carry out a queued learning-rate range test."""
    from classifier.runs.rate_tests import execute_rate_test

    execute_rate_test(test_id)


@shared_task(acks_late=False)
def check_labels(check_id: int) -> None:
    """Carry out a queued search for likely label errors."""
    label_checks.execute_label_check(check_id)


@shared_task(acks_late=False)
def carry_out_trial(trial_id: int) -> None:
    """Carry out a study's trial, and give the trials that are due then to workers."""
    from classifier.models import Study
    from classifier.studies.trials import execute_trial

    try:
        execute_trial(trial_id)
    finally:
        study = Study.objects.filter(trials=trial_id).first()
        if study:
            studies.schedule_trials(study.pk)


@shared_task(acks_late=False)
def build_ensemble(version_ids: list[int]) -> None:
    """Build an ensemble of versions, unless one is gone."""
    from classifier.models import ModelVersion
    from classifier.versions.ensembles import create_ensemble

    found = ModelVersion.objects.in_bulk(version_ids)
    if len(found) == len(version_ids):
        create_ensemble([found[pk] for pk in version_ids])
