"""Shares and times as people read them, the same on every page of the converter."""

from django import template

from converter import shares
from converter.models import Conversion

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """Show a share from 0 to 1 as whole percent; nothing where it is not known."""
    return "" if share is None else shares.percent(share)


@register.filter
def milliseconds(value: float | str | None) -> str:
    """Show a time that is given in milliseconds: 180 ms, 1.4 s; nothing where it is not known."""
    if value in (None, ""):
        return ""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


@register.filter
def answered_by(conversion: Conversion) -> str:
    """Say what told the type of a logo."""
    model = f"the model {conversion.model_version}"
    answers = {"neural": model, "rules": "the rules", "hybrid": f"the rules and {model} together"}
    return f"Answered by {answers.get(conversion.method, conversion.method)}"


@register.filter
def number(value: float) -> str:
    """Show a number as controls take it: without a needless point."""
    return f"{value:g}"


@register.filter
def unit(name: str) -> str:
    """Show a unit after a number: a degree sign close by, all others after a space."""
    return name if name in ("", "°") else f" {name}"
