"""Plotly's script, which the package of that name brings along."""

import importlib.util
from pathlib import Path

from django.http import FileResponse, HttpRequest
from django.views.decorators.cache import cache_control

from classifier.dashboard.access import staff_only


def plotly_file() -> Path:
    """Return where the script is; finding it does not import the package."""
    package = importlib.util.find_spec("plotly")
    return Path(package.origin).parent / "package_data" / "plotly.min.js"


@staff_only
@cache_control(private=True, max_age=86_400)
def plotly(request: HttpRequest) -> FileResponse:
    """Serve the plotly.js that the plotly wheel ships."""
    return FileResponse(plotly_file().open("rb"), content_type="text/javascript")
