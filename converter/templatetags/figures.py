"""Shares and times as people read them, the same on every page of the converter."""

from django import template

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """Show a share from 0 to 1 as whole percent: 71%."""
    return "" if share is None else f"{share:.0%}"


@register.filter
def milliseconds(value: float | str | None) -> str:
    """Show a time that is given in milliseconds: 180 ms, 1.4 s; nothing where it is not known."""
    if value in (None, ""):
        return ""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"
