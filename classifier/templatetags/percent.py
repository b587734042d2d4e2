"""Shares, counts and durations as people read them."""

from collections.abc import Sequence

from django import template

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """Show a share from 0 to 1 with one decimal: 93.2%, and what is not quite nothing as <0.1%."""
    if share is None:
        return "none"
    return "<0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


@register.filter
def probability(value: float) -> str:
    """Show the p of a test with three decimals: 0.048, and less than that holds as <0.001."""
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


@register.filter
def count(number: int | None) -> str:
    """Show how many with commas: 1,210."""
    return "" if number is None else f"{number:,}"


@register.filter
def interval(bounds: Sequence[float] | None) -> str:
    """Show an interval of shares: 91.0 to 95.1%."""
    return f"{bounds[0] * 100:.1f} to {bounds[1]:.1%}" if bounds else ""


@register.filter
def duration(seconds: float) -> str:
    """Show seconds in the unit that suits them: 40 s, 12 min, 1 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


@register.filter
def setting(value: object) -> str:
    """Show a setting's value: numbers with three digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@register.filter
def unlocalized(value: float) -> str:
    """Show a number for a stylesheet."""
    return f"{value:.4f}"
