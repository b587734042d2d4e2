"""The curves of `benchmark labelling` as a small SVG picture."""

from typing import Any

import numpy as np

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 28, 20, 44
_NAMES = {"random": "random order", "chosen": "chosen by what they teach"}
_COLOURS = {"random": "#6b7280", "chosen": "#2456d6"}


def draw_curves(results: dict[str, Any]) -> str:
    """Return a picture of accuracy over labels: each order's mean, and its range over the seeds."""
    labels = np.array(results["labels"], float)
    runs = {name: np.array(results[name]) for name in _COLOURS}
    low = np.floor(min(run.min() for run in runs.values()) * 20) / 20
    high = np.ceil(max(run.max() for run in runs.values()) * 20) / 20
    x = _LEFT + labels / labels.max() * (_WIDTH - _LEFT - _RIGHT)

    def y(values: np.ndarray) -> np.ndarray:
        return _HEIGHT - _BOTTOM - (values - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [*_axes(labels, low, high, y)]
    for order, (name, run) in enumerate(runs.items()):
        above = zip(x, y(run.max(0)), strict=True)
        below = zip(x[::-1], y(run.min(0))[::-1], strict=True)
        band = [*above, *below]
        parts.append(f'<polygon points="{_points(band)}" fill="{_COLOURS[name]}" opacity=".18"/>')
        line = _points(zip(x, y(run.mean(0)), strict=True))
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{_COLOURS[name]}" stroke-width="2"/>'
        )
        parts.append(
            f'<text x="{_WIDTH - _RIGHT - 8}" y="{_HEIGHT - _BOTTOM - 14 - 20 * order}" '
            f'text-anchor="end" fill="{_COLOURS[name]}" font-weight="600">{_NAMES[name]}</text>'
        )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="13">'
    )
    ground = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, ground, *parts, "</svg>", ""])


def _axes(labels: np.ndarray, low: float, high: float, y: Any) -> list[str]:
    parts = []
    for value in np.arange(low, high + 1e-9, 0.05):
        at = float(y(np.array(value)))
        parts.append(
            f'<path d="M{_LEFT} {at:.1f}H{_WIDTH - _RIGHT}" stroke="#e5e7eb"/>'
            f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#374151">'
            f"{value:.0%}</text>"
        )
    step = 250 if labels.max() > 500 else 50
    for value in range(0, int(labels.max()) + 1, step):
        at = _LEFT + value / labels.max() * (_WIDTH - _LEFT - _RIGHT)
        parts.append(
            f'<text x="{at:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle" '
            f'fill="#374151">{value:,}</text>'
        )
    parts.append(
        f'<text x="{(_LEFT + _WIDTH) / 2:.0f}" y="{_HEIGHT - 6}" text-anchor="middle" '
        f'fill="#374151">labels asked for</text>'
    )
    return parts


def _points(pairs: Any) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in pairs)
