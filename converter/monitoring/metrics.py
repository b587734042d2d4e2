"""What the converter's processes measure for Prometheus; see metrics_page.py.

Where PROMETHEUS_MULTIPROC_DIR is set, each process adds to files of its own in that folder, and
whichever is asked sums them up. Elsewhere a process tells of itself alone.
"""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Histogram

REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "From the request to its answer.",
    ["method", "view", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
CONVERSION_SECONDS = Histogram(
    "conversion_seconds",
    "Tracing of a logo and what goes with it; the preset is empty where every one failed.",
    ["preset", "outcome"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40),
)


class MetricsMiddleware:
    """Times every request that has a view; scanners' addresses would fill the disk with labels."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and note its time."""
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and match.view_name:
            REQUEST_SECONDS.labels(request.method, match.view_name, response.status_code).observe(
                time.perf_counter() - started
            )
        return response
