"""How the API takes what is changed of a preset."""

from typing import Any

from rest_framework import serializers

from converter.adjusting.ground import CHOICES, KEEP
from converter.adjusting.options import OPTIONS, AdjustmentError, Adjustments, Option


class AdjustmentsSerializer(serializers.Serializer):
    """What is changed of a preset. Validates to `Adjustments` in `adjustments`."""

    ground = serializers.CharField(
        default=KEEP,
        max_length=40,
        help_text=f"What is behind the logo: {', '.join(CHOICES)}, or a colour such as #ffffff.",
    )
    palette = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=2000,
        help_text="Colours such as `#0a2540, #635bff`: each colour becomes the nearest of them.",
    )
    recolour = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=5000,
        help_text="Pairs such as `#ff8800:#003366,#fff:#000`: colours that are replaced at last.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return a field for each option beside those above."""
        return {option.name: _field(option) for option in OPTIONS.values()} | super().get_fields()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Make the adjustments of what was given."""
        try:
            attrs["adjustments"] = Adjustments.of(attrs)
        except AdjustmentError as error:
            raise serializers.ValidationError({error.option: [str(error)]}) from error
        return attrs


def _field(option: Option) -> serializers.Field:
    shared = {
        "allow_null": True,
        "default": None,
        "help_text": f"{option.about} Without it, as the preset says.",
    }
    if option.kind is bool:
        return serializers.BooleanField(**shared)
    number = {int: serializers.IntegerField, float: serializers.FloatField}[option.kind]
    return number(min_value=option.low, max_value=option.high, **shared)
