"""What people send to the converter."""

from collections.abc import Container, Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from converter.adjusting.options import (
    OPTIONS,
    AdjustmentError,
    Adjustments,
    check_adjustable,
)
from converter.outputs.formats import (
    DEFAULT_MM,
    DEFAULT_SIDE,
    FORMATS,
    MAX_MM,
    OutputError,
    OutputOptions,
)
from converter.outputs.png import MAX_SIDE
from converter.presets import LOGO_TYPES, PRESETS
from converter.uploads import check_upload_count, check_upload_size


class ImagesInput(forms.ClearableFileInput):
    """A file input that takes several images."""

    allow_multiple_selected = True


class ImagesField(forms.FileField):
    """One or several files; each is checked. Cleans to a list."""

    def clean(self, data: list[UploadedFile], initial: None = None) -> list[UploadedFile]:
        """Check every file.

        Raises:
            forms.ValidationError: if there is none, too many, or one is empty or too big.
        """
        check_upload_count(data)
        cleaned, faults = [], []
        for file in data or [None]:
            try:
                cleaned.append(super().clean(file, initial))
            except forms.ValidationError as error:
                name = f"{file.name}: " if len(data) > 1 else ""
                faults += [f"{name}{message}" for message in error.messages]
        if faults:
            raise forms.ValidationError(faults)
        return cleaned


class UploadForm(forms.Form):
    """One or more uploaded images, checked before they are read."""

    image = ImagesField(
        label="Logos",
        validators=[check_upload_size],
        widget=ImagesInput(
            attrs={"accept": "image/png,image/jpeg,image/webp,image/gif,image/bmp,image/tiff"}
        ),
        error_messages={"required": "Choose an image file first.", "empty": "The file is empty."},
    )


def told_alike(names: Iterable[str], alike: Container[str]) -> list[tuple[str, str]]:
    """Return choices; those that draw the same as what is there say so."""
    return [(name, f"{name} (draws the same)" if name in alike else name) for name in names]


class PresetForm(forms.Form):
    """Another preset for a conversion."""

    preset = forms.ChoiceField(label="Trace as", choices=[(name, name) for name in PRESETS])

    def __init__(self, *args: Any, alike: Container[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["preset"].choices = told_alike(PRESETS, alike)


class CorrectionForm(forms.Form):
    """The type that a person says a logo has, and whether they give the logo to the data set."""

    true_type = forms.ChoiceField(label="It is", choices=[(name, name) for name in LOGO_TYPES])
    consent = forms.BooleanField(
        label="The operators of this site may keep this logo and let the classifier learn from it",
        required=False,
    )

    def __init__(self, *args: Any, alike: Container[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["true_type"].choices = told_alike(LOGO_TYPES, alike)
        if not settings.CONVERTER_OFFER_PROPOSALS:
            del self.fields["consent"]


class AdjustForm(forms.Form):
    """What is changed of a preset, which may be named. What is left out stays as it says."""

    ground = forms.CharField(required=False, max_length=40)
    palette = forms.CharField(required=False, max_length=2000)
    recolour = forms.CharField(required=False, max_length=5000)

    def __init__(self, *args: Any, preset: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preset = preset if preset in PRESETS else ""
        kinds = {int: forms.IntegerField, float: forms.FloatField, bool: forms.NullBooleanField}
        for option in OPTIONS.values():
            self.fields[option.name] = kinds[option.kind](label=option.label, required=False)
            if option.kind is not bool:
                number = "whole number" if option.kind is int else "number"
                self.fields[option.name].error_messages["invalid"] = (
                    f"{option.name} must be a {number} from {option.low:g} to {option.high:g}."
                )

    def clean(self) -> dict[str, Any]:
        """Make the adjustments of what was given."""
        cleaned = super().clean()
        try:
            self.adjustments = Adjustments.of(cleaned)
            check_adjustable(self.preset, self.adjustments)
        except AdjustmentError as error:
            self.add_error(error.option, str(error))
        return cleaned


class OutputForm(forms.Form):
    """The formats that a drawing is taken away in, and their options. Without any: SVG."""

    format = forms.MultipleChoiceField(
        choices=[(output.name, output.label) for output in FORMATS.values()], required=False
    )
    size = forms.IntegerField(
        label="Long side in px", min_value=1, max_value=MAX_SIDE, required=False
    )
    background = forms.CharField(label="Background", max_length=40, required=False)
    width_mm = forms.FloatField(label="Width in mm", min_value=1, max_value=MAX_MM, required=False)

    def clean(self) -> dict[str, Any]:
        """Make the options of what was given."""
        cleaned = super().clean()
        self.formats = cleaned.get("format") or ["svg"]
        try:
            self.options = OutputOptions(
                size=cleaned.get("size") or DEFAULT_SIDE,
                background=cleaned.get("background", ""),
                width_mm=cleaned.get("width_mm") or DEFAULT_MM,
            )
        except OutputError as error:
            self.add_error("background", str(error))
        return cleaned
