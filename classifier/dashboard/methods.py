"""A version's methods on the same images: rules against the model, as a page and as Markdown."""

from typing import TYPE_CHECKING

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from classifier.dashboard.access import staff_only
from classifier.logo_types import CLASS_NAMES
from classifier.models import Evaluation, ModelVersion, Sample

if TYPE_CHECKING:
    from classifier.evaluation.method_report import MethodReport

Method = Evaluation.Method


@staff_only
def methods_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where the rules and the model of a version are right, alone and together."""
    version = get_object_or_404(ModelVersion, pk=pk)
    found = evaluations_by_method(version)
    context = {
        "version": version,
        "evaluations": found,
        "report": _report(found),
    }
    return render(request, "classifier/dashboard/methods.html", context)


@staff_only
def methods_markdown(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the comparison as a Markdown file."""
    version = get_object_or_404(ModelVersion, pk=pk)
    report = methods_report(version)
    if report is None:
        raise Http404("Evaluate the version first.")
    response = HttpResponse(report.to_markdown(), content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{version.name}-methods.md"'
    return response


def evaluations_by_method(version: ModelVersion) -> dict[str, Evaluation]:
    """Return a version's newest evaluation of each method on the same images, test splits first.

    Empty where no dataset's split was evaluated by both the rules and the model.
    """
    newest: dict[tuple, dict[str, Evaluation]] = {}
    for evaluation in version.evaluations.filter(dataset__isnull=False).select_related("dataset"):
        place = (evaluation.split != Sample.Split.TEST, evaluation.dataset_id, evaluation.split)
        newest.setdefault(place, {}).setdefault(evaluation.method, evaluation)
    complete = [
        place for place, found in newest.items() if {Method.RULES, Method.NEURAL} <= {*found}
    ]
    return newest[min(complete)] if complete else {}


def methods_report(version: ModelVersion) -> "MethodReport | None":
    """Return the comparison of a version's model with the rules, if both were evaluated."""
    return _report(evaluations_by_method(version))


def _report(found: dict[str, Evaluation]) -> "MethodReport | None":
    from classifier.evaluation.method_report import compare_methods

    if not found:
        return None
    neural = _answers(found[Method.NEURAL])
    rules = _answers(found[Method.RULES])
    both = sorted(neural.keys() & rules.keys())
    samples = Sample.objects.in_bulk(both)
    if not samples:
        return None
    return compare_methods(
        (Method.NEURAL, Method.RULES),
        np.array([CLASS_NAMES.index(samples[pk].label) for pk in both]),
        np.array([neural[pk] for pk in both]),
        np.array([rules[pk] for pk in both]),
        [samples[pk].measures for pk in both],
    )


def _answers(evaluation: Evaluation) -> dict[int, int]:
    """Return the answered class by sample."""
    rows = evaluation.predictions.values_list("sample_id", "answer")
    return {sample: CLASS_NAMES.index(answer) for sample, answer in rows}
