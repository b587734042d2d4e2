"""What the classifier adds to `/metrics`: its answers' times, and the states of its work."""

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client import Histogram
from prometheus_client.core import GaugeMetricFamily

from classifier.models import ModelVersion
from classifier.work.kinds import all_kinds

CLASSIFICATION_SECONDS = Histogram(
    "classification_seconds",
    "From an image's bytes to its type, by what answered; answers from memory are left out.",
    ["method", "model_version"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)


class WorkStates:
    """How many training runs and other works there are in each state, and what serves."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        states = GaugeMetricFamily(
            "classifier_work", "Work for workers, by kind and status.", labels=["kind", "status"]
        )
        for kind in all_kinds():
            counted = kind.row.objects.order_by().values_list("status").annotate(Count("pk"))
            counts = dict.fromkeys(kind.row.Status.values, 0) | dict(counted)
            for status, count in counts.items():
                states.add_metric([kind.name, status], count)
        yield states
        serving = GaugeMetricFamily(
            "model_version_production", "1 for the version in production.", labels=["version"]
        )
        for version in ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION):
            serving.add_metric([version.name], 1)
        yield serving
