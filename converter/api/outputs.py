"""How the API takes the options of outputs: which format, and how large."""

from typing import Any

from rest_framework import serializers

from converter.outputs.formats import (
    DEFAULT_MM,
    DEFAULT_SIDE,
    FORMATS,
    MAX_MM,
    OutputError,
    OutputOptions,
)
from converter.outputs.png import MAX_SIDE

_CHOICES = [(output.name, output.label) for output in FORMATS.values()]


class OutputOptionsSerializer(serializers.Serializer):
    """Options of an output. Validates to an `OutputOptions` in `options`."""

    size = serializers.IntegerField(
        min_value=1,
        max_value=MAX_SIDE,
        default=DEFAULT_SIDE,
        help_text="Long side of a PNG, in px.",
    )
    background = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=40,
        help_text="Colour behind a PNG, such as #ffffff; empty: transparent.",
    )
    width_mm = serializers.FloatField(
        min_value=1,
        max_value=MAX_MM,
        default=DEFAULT_MM,
        help_text="Width of the logo in a DXF, in millimetres.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check what no single field can."""
        names = ("size", "background", "width_mm")
        try:
            attrs["options"] = OutputOptions(**{name: attrs[name] for name in names})
        except OutputError as error:
            raise serializers.ValidationError({"background": [str(error)]}) from error
        return attrs


class OutputSerializer(OutputOptionsSerializer):
    """One format with its options."""

    format = serializers.ChoiceField(choices=_CHOICES, default="svg", help_text="Of the file.")


class ArchiveSerializer(OutputOptionsSerializer):
    """Several formats with their options."""

    format = serializers.MultipleChoiceField(
        choices=_CHOICES,
        default=("svg",),
        help_text="Of the files; may be given several times. Without any: svg.",
    )
