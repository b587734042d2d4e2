"""Pages of learning-rate range tests."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.tables import Table
from classifier.models import RateTest, TrainingRun
from classifier.runs.lifecycle import RunError
from classifier.runs.rate_tests import cancel_rate_test, start_rate_test
from classifier.training.config import InvalidConfigError, TrainingConfig

_TESTS = RateTest.objects.select_related("dataset")


@require_POST
@staff_only
def rate_test_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Test learning rates with the settings and the dataset of a run."""
    require_permission(request, "add_trainingrun")
    run = get_object_or_404(TrainingRun, pk=pk)
    try:
        if run.dataset is None:
            raise RunError("The run's dataset was deleted.")
        test = start_rate_test(run.dataset, TrainingConfig.from_json(run.config), request.user)
    except (RunError, InvalidConfigError) as error:
        messages.error(request, str(error))
        return redirect("dashboard:run", pk)
    return redirect("dashboard:rate_test", test.pk)


@staff_only
def rate_test_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a test; the part that changes is fetched again while it lasts."""
    return render(request, "classifier/dashboard/rate_test.html", _state(pk))


@staff_only
def rate_test_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of a test's page that changes."""
    return render(request, "classifier/dashboard/rate_test_state.html", _state(pk))


def _state(pk: int) -> dict[str, Any]:
    test = get_object_or_404(_TESTS, pk=pk)
    config = {key.replace("_", " "): value for key, value in test.config.items()}
    return {"test": test, "percent": round(test.progress * 100), "config": config}


@require_POST
@staff_only
def rate_test_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a test to stop."""
    require_permission(request, "add_trainingrun")
    cancel_rate_test(get_object_or_404(RateTest, pk=pk))
    return redirect("dashboard:rate_test", pk)


@staff_only
def rate_test_numbers(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """Return the curve of a test."""
    test = get_object_or_404(RateTest, pk=pk)
    rows = [tuple(point) for point in test.curve]
    return Table(f"range-test-{pk}", ("rate", "loss"), rows).respond(file_format)
