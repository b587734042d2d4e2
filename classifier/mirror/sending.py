"""Telling an MLflow server what it has not heard yet. A server that is away hears it later."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from celery import current_app
from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.utils import timezone

from classifier.conf import conf
from classifier.inference.manifest import MANIFEST_NAME, ModelError, read_manifest, verified_bytes
from classifier.mirror import contents
from classifier.mirror.server import MlflowError, MlflowServer, UnknownRowError, UnreachableError
from classifier.models import Evaluation, MirroredRow, MirrorLease, ModelVersion, TrainingRun

logger = logging.getLogger(__name__)
Kind = MirroredRow.Kind
TASK = "classifier.tasks.mirror_to_mlflow"
_LEASE_SECONDS = 600.0
_MOST = 50  # rows of one pass; the next one goes on
_FOLDER = "version"  # of a version's files, within its run's
_ALIASES = (
    ModelVersion.Stage.PRODUCTION,
    ModelVersion.Stage.SHADOW,
    ModelVersion.Stage.CANDIDATE,
)


def mirror() -> int:
    """Tell the server in CLASSIFIER_MLFLOW_TRACKING_URI what is new; return how many rows were.

    Without that setting, or while another process is at it, nothing happens. Whatever the server
    refuses, or does not answer, stays waiting, with the reason in its row.
    """
    address = conf.MLFLOW_TRACKING_URI
    if not address or not MirrorLease.take(_LEASE_SECONDS):
        return 0
    try:
        with MlflowServer(address, conf.MLFLOW_TRACKING_TOKEN) as server:
            return _Mirror(server).send()
    finally:
        MirrorLease.give_back()


def waiting() -> int:
    """Return how many rows the server has not heard of as they are now."""
    return sum(1 for _ in _news(conf.MLFLOW_TRACKING_URI.rstrip("/")))


def untold() -> list[tuple[MirroredRow, Any]]:
    """Return what the server refused, or did not answer: the outbox row, and what it is of."""
    address = conf.MLFLOW_TRACKING_URI.rstrip("/")
    if not MirroredRow.objects.filter(server=address).exclude(error="").exists():
        return []
    return [(entry, row) for entry, row, _ in _news(address) if entry.error]


def mirror_soon() -> None:
    """Let a worker tell the server now instead of at its next turn.

    Raises:
        kombu.exceptions.OperationalError: if the queue cannot be reached.
    """
    current_app.send_task(TASK)


def _news(server: str) -> Iterator[tuple[MirroredRow, Any, str]]:
    """Yield what is new: its outbox row, the row itself, and its state now."""
    known = {(row.kind, row.object_id): row for row in MirroredRow.objects.filter(server=server)}
    for kind, row, state in _states():
        entry = known.get((kind, row.pk)) or MirroredRow(server=server, kind=kind, object_id=row.pk)
        if entry.state != state:
            yield entry, row, state


def _states() -> Iterator[tuple[str, Any, str]]:
    """Yield everything that is mirrored, in the order in which one needs the other."""
    runs = TrainingRun.objects.exclude(status=TrainingRun.Status.QUEUED)
    for run in runs.select_related("dataset").annotate(done=Count("epochs")).order_by("pk"):
        yield Kind.RUN, run, f"{run.status} {run.done} {run.finished_at} {bool(run.analysis)}"
    # What is long is read when it is sent: this looks at every row, every half minute.
    for version in ModelVersion.objects.defer("manifest").order_by("pk"):
        yield Kind.VERSION, version, f"{version.stage} {version.manifest_sha256}"
    rows = Evaluation.objects.select_related("dataset", "version").defer(
        "metrics", "version__manifest"
    )
    robust = ExpressionWrapper(Q(metrics__has_key="robustness"), BooleanField())
    for evaluation in rows.annotate(robust=robust).order_by("pk"):
        yield Kind.EVALUATION, evaluation, f"{evaluation.accuracy} {evaluation.robust}"


class _Mirror:
    """One pass over what is new."""

    def __init__(self, server: MlflowServer) -> None:
        self.server = server
        self.model = conf.MLFLOW_NAME
        self.experiment = ""
        self.tell: dict[str, Callable[[MirroredRow, Any], None]] = {
            Kind.RUN: self._run,
            Kind.VERSION: self._version,
            Kind.EVALUATION: self._evaluation,
        }

    def send(self) -> int:
        sent = 0
        try:
            self.experiment = self.server.experiment(self.model)
            for number, (entry, row, state) in enumerate(_news(self.server.address)):
                if number >= _MOST:
                    break
                sent += self._send(entry, row, state)
            self._aliases()
        except UnreachableError as error:
            logger.warning("MLflow is told later: %s", error)
        except MlflowError as error:
            logger.error("MLflow refuses what it is told: %s", error)
        return sent

    def _send(self, entry: MirroredRow, row: Any, state: str) -> bool:
        """Tell of one row; False if the server refused it.

        Raises:
            UnreachableError: if the rest has to wait, too.
        """
        try:
            try:
                self.tell[entry.kind](entry, row)
            except UnknownRowError:  # deleted over there: make it anew
                entry.remote_id = entry.run_id = ""
                self.tell[entry.kind](entry, row)
            entry.state, entry.error, entry.sent_at = state, "", timezone.now()
        except UnreachableError as error:
            entry.error = str(error)
            raise
        except (MlflowError, ModelError) as error:
            entry.error = str(error)
            logger.error("MLflow was not told of %s: %s", row, error)
        finally:
            entry.save()
        return not entry.error

    def _run(self, entry: MirroredRow, run: TrainingRun) -> None:
        server, tags = self.server, contents.run_tags(run)
        if not entry.remote_id:
            began = contents.milliseconds(run.started_at or run.created_at)
            entry.remote_id = server.create_run(self.experiment, str(run), began, tags)
            entry.run_id = entry.remote_id
            server.log(entry.remote_id, params=run.config)
        points = [*contents.epoch_points(run), *contents.analysis_points(run)]
        server.log(entry.remote_id, metrics=points, tags=tags)
        if run.analysis:
            content = json.dumps(run.analysis, indent=2).encode()
            server.upload(server.artifacts_of(entry.remote_id), "analysis.json", content)
        ended = contents.milliseconds(run.finished_at) if run.finished_at else None
        server.update_run(entry.remote_id, contents.STATUSES[run.status], ended)

    def _version(self, entry: MirroredRow, version: ModelVersion) -> None:
        server, tags = self.server, contents.version_tags(version)
        if entry.remote_id and entry.state.endswith(version.manifest_sha256):
            server.tag_version(self.model, entry.remote_id, "classifier.stage", version.stage)
            return
        entry.run_id = entry.run_id or self._run_of(version, tags)
        source = f"{server.artifacts_of(entry.run_id)}/{_FOLDER}"
        manifest = read_manifest(version.folder)
        created = version.created_at.strftime("%Y-%m-%d %H:%M:%S.%f")
        files = {
            manifest.onnx: verified_bytes(version.folder, manifest, manifest.onnx),
            MANIFEST_NAME: (version.folder / MANIFEST_NAME).read_bytes(),
            "MLmodel": contents.mlmodel(version, created).encode(),
        }
        for name, content in files.items():
            server.upload(source, name, content)
        server.register(self.model)
        entry.remote_id = server.create_version(self.model, source, entry.run_id, tags)

    def _run_of(self, version: ModelVersion, tags: dict[str, str]) -> str:
        """Return the MLflow run of a version: its training, or one that only holds its files."""
        own = self._entry(Kind.RUN, version.run_id) if version.run_id else None
        if own and own.remote_id:
            return own.remote_id
        at = contents.milliseconds(version.created_at)
        run = self.server.create_run(self.experiment, version.name, at, tags)
        self.server.update_run(run, "FINISHED", at)
        return run

    def _evaluation(self, entry: MirroredRow, evaluation: Evaluation) -> None:
        of = self._entry(Kind.VERSION, evaluation.version_id)
        if of is None or not of.run_id:
            raise MlflowError(f"{evaluation.version} was not told yet.")
        entry.remote_id = entry.run_id = of.run_id
        self.server.log(of.run_id, metrics=list(contents.evaluation_points(evaluation)))
        content = json.dumps(evaluation.metrics, indent=2).encode()
        folder = self.server.artifacts_of(of.run_id)
        self.server.upload(folder, f"evaluations/{evaluation.pk}.json", content)

    def _aliases(self) -> None:
        """Let `production`, `shadow` and `candidate` name versions: the newest of each stage."""
        wanted = {}
        for stage in _ALIASES:
            version = ModelVersion.objects.filter(stage=stage).order_by("-created_at").first()
            entry = self._entry(Kind.VERSION, version.pk) if version else None
            wanted[str(stage)] = entry.remote_id if entry else ""
        state = json.dumps(wanted)
        told = self._entry(Kind.ALIASES, 0) or MirroredRow(
            server=self.server.address, kind=Kind.ALIASES, object_id=0
        )
        if told.state == state:
            return
        before = json.loads(told.state or "{}")
        for alias, number in wanted.items():
            if number and before.get(alias) != number:
                self.server.set_alias(self.model, alias, number)
            elif not number and before.get(alias):
                self.server.delete_alias(self.model, alias)
        told.state, told.sent_at = state, timezone.now()
        told.save()

    def _entry(self, kind: str, pk: int) -> MirroredRow | None:
        rows = MirroredRow.objects.filter(server=self.server.address, kind=kind, object_id=pk)
        return rows.first()
