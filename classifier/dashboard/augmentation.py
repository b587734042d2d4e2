"""The page that shows what augmentation makes of a dataset's logos. A worker draws the picture."""

import re
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from classifier.dashboard.access import staff_only
from classifier.datasets.previews import (
    picture_path,
    preview_config,
    preview_path,
    start_preview,
)
from classifier.lib.keys import is_key
from classifier.models import AugmentationPreview, Dataset
from classifier.training.config import InvalidConfigError, TrainingConfig

_KEY = re.compile(r"[0-9a-f]{20}")
_PATIENCE = 30  # times that the page asks, once a second, before it says that no worker answers


class PreviewForm(forms.Form):
    """A dataset and the settings that a picture depends on."""

    dataset = forms.ModelChoiceField(Dataset.objects.none(), empty_label=None)
    augmentation = forms.FloatField(label="Strength", widget=forms.NumberInput({"step": "0.1"}))
    input_size = forms.IntegerField(label="Input size", widget=forms.NumberInput({"step": "32"}))
    flip = forms.BooleanField(required=False)
    seed = forms.IntegerField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["dataset"])
        field.queryset = Dataset.objects.ready()

    def clean(self) -> dict[str, Any]:
        """Build `config`, and show what it refuses at the fields concerned."""
        values = super().clean() or self.cleaned_data
        given = {name: value for name, value in values.items() if name != "dataset"}
        try:
            self.config = TrainingConfig.from_json(given)
        except InvalidConfigError as error:
            for name, reason in error.errors.items():
                self.add_error(name, f"{reason[0].upper()}{reason[1:]}.")
        return values


def _form(request: HttpRequest) -> PreviewForm:
    """Return the form with what was asked for, or with a run's defaults."""
    config = TrainingConfig()
    newest = Dataset.objects.ready().first()
    values: dict[str, Any] = {
        "dataset": newest.pk if newest else "",
        "augmentation": config.augmentation,
        "input_size": config.input_size,
        "flip": config.flip,
        "seed": config.seed,
    }
    given = request.GET.dict()
    if "augmentation" in given:  # sent by the form, which leaves an unticked box out
        values["flip"] = False
    return PreviewForm(values | given)


@staff_only
def augmentation(request: HttpRequest) -> HttpResponse:
    """Show the form, and the picture of what it says once a worker has drawn it."""
    form = _form(request)
    context = {"form": form, "datasets": Dataset.objects.ready()}
    if form.is_valid():
        context |= _sheet(form, 0)
    return render(request, "classifier/dashboard/augmentation.html", context)


@staff_only
def sheet(request: HttpRequest) -> HttpResponse:
    """Return the part of the page that waits for the picture, or shows it."""
    form = _form(request)
    if not form.is_valid():
        raise Http404("There is no picture of these settings.")
    asked = request.GET.get("asked", "")
    context = _sheet(form, int(asked) if is_key(asked) else 0)
    return render(request, "classifier/dashboard/augmentation_sheet.html", context)


def _sheet(form: PreviewForm, asked: int) -> dict[str, Any]:
    """Say whether the picture is there; if not, let a worker draw it."""
    dataset, config = form.cleaned_data["dataset"], form.config
    path = preview_path(dataset, config)
    context = {
        "dataset": dataset,
        "config": config,
        "picture": path.stem if path.exists() else "",
        "query": urlencode(preview_config(config) | {"dataset": dataset.pk, "asked": asked + 1}),
        "patient": asked < _PATIENCE,
    }
    if not context["picture"]:
        context["problem"] = _order(dataset, config, asked)
    return context


def _order(dataset: Dataset, config: TrainingConfig, asked: int) -> str:
    """Let a worker draw the picture, unless one has it already; say why it was not drawn."""
    key = preview_path(dataset, config).stem
    newest = AugmentationPreview.objects.filter(key=key).first()
    if newest is None or (asked == 0 and not newest.is_active):
        newest = start_preview(dataset, config)
        newest.refresh_from_db()
    return newest.error


@cache_control(private=True, max_age=86400)
@staff_only
def picture(request: HttpRequest, key: str) -> FileResponse:
    """Return a picture that a worker has drawn."""
    path = picture_path(key) if _KEY.fullmatch(key) else None
    if path is None or not path.is_file():
        raise Http404("The picture is gone: ask for it again on its page.")
    return FileResponse(path.open("rb"), content_type="image/png")
