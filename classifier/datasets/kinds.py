"""Builds of datasets, label checks and augmentation previews as kinds of work."""

from typing import Any

from django.db.models import QuerySet

from classifier.data.packages import PackageError
from classifier.datasets.corrections import CorrectionsError
from classifier.datasets.errors import DatasetError
from classifier.datasets.label_checks import LabelCheckError, check_labels
from classifier.datasets.orders import fill_ordered, settle
from classifier.datasets.previews import make_preview
from classifier.images import ImageError
from classifier.models import AugmentationPreview, Dataset, DatasetBuild, LabelCheck
from classifier.training.config import InvalidConfigError, TrainingConfig
from classifier.work.execution import Progress
from classifier.work.heartbeat import Heartbeat
from classifier.work.kinds import SHORT, End, Kind, register


@register
class DatasetBuildKind(Kind):
    """The filling of a dataset from packages or an uploaded zip."""

    name = "dataset_build"
    row = DatasetBuild
    again = "start this dataset again"
    stopped = "The worker was stopped. Start this dataset again."
    lost = "The worker fell silent. Start this dataset again."
    permission = "add_dataset"
    foreseen = (DatasetError, CorrectionsError, PackageError)

    def rows(self) -> QuerySet:
        return DatasetBuild.objects.select_related("dataset")

    def carry_out(self, row: DatasetBuild, heartbeat: Heartbeat, listener: Any) -> None:
        fill_ordered(row, Progress(heartbeat))

    def explain(self, row: DatasetBuild, error: Exception) -> str:
        """Say that the dataset is gone."""
        if not Dataset.objects.filter(pk=row.pk).exists():
            return "The dataset was deleted."
        return super().explain(row, error)

    def follow(self, pk: int, row: DatasetBuild | None) -> None:
        """Clear up, also after a dataset that was deleted."""
        settle(pk)

    def refuse(self, row: DatasetBuild, reason: str) -> None:
        super().refuse(row, reason)
        settle(row.pk)

    def cancel(self, row: DatasetBuild) -> None:
        """Clear up after a build that had not begun."""
        super().cancel(row)
        settle(row.pk)

    def mark_lost(self) -> int:
        """Fail the datasets of lost builds, too."""
        silent = list(DatasetBuild.objects.silent().values_list("pk", flat=True))
        lost = super().mark_lost()
        for pk in silent:
            settle(pk)
        return lost


@register
class LabelCheckKind(Kind):
    """A search for likely label errors."""

    name = "label_check"
    row = LabelCheck
    again = "check again"
    stopped = "The worker was stopped. Check again."
    lost = "The worker fell silent. Check again."
    permission = "add_labelcorrection"
    foreseen = (LabelCheckError, ImageError)

    def rows(self) -> QuerySet:
        return LabelCheck.objects.select_related("dataset")

    def carry_out(self, row: LabelCheck, heartbeat: Heartbeat, listener: Any) -> None:
        """Check; a listener hears the share done."""
        progress = Progress(heartbeat)

        def tell(share: float) -> None:
            progress(share)
            if listener:
                listener(share)

        check_labels(row.dataset, tell)


@register
class AugmentationPreviewKind(Kind):
    """The drawing of an augmentation preview: somebody looks at the page and waits for it."""

    name = "augmentation_preview"
    row = AugmentationPreview
    queue = SHORT
    again = "ask for the picture again"
    stopped = "The worker was stopped. Ask for the picture again."
    lost = "The worker fell silent. Ask for the picture again."
    permission = "view_dataset"
    foreseen = (InvalidConfigError, ImageError)

    def rows(self) -> QuerySet:
        return AugmentationPreview.objects.select_related("dataset")

    def carry_out(self, row: AugmentationPreview, heartbeat: Heartbeat, listener: Any) -> End:
        """Draw the picture unless it is there."""
        make_preview(row.dataset, TrainingConfig.from_json(row.config))
        return End(row.Status.SUCCEEDED, values={"progress": 1.0})
