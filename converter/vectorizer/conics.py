"""Circles and ellipses: through points, or with the moments of what they surround."""

import numpy as np

from .compiled import compiled
from .polygons import axes
from .shapes import Circle, Ellipse

_ROUND = 0.012  # share by which the axes of a circle may differ, and at least ...
_ROUND_PX = 0.06
_LEVEL = 1.0  # degrees within which an ellipse is level or upright
_GREATEST = 1e4  # px, of a radius
_LINE = 1e-14  # of their squared spread, that points of a line have across it at most


def circle_through(points: np.ndarray) -> Circle | None:
    """Return the circle through points [N, 2] by linear least squares (Kåsa, 1976)."""
    x, y, radius = circle_of(points)
    return Circle(x, y, radius) if radius else None


@compiled
def circle_of(points: np.ndarray) -> tuple[float, float, float]:
    """Return centre and radius of the circle through points [N, 2]; 0 for those of a line."""
    count = len(points)
    mx, my = points[:, 0].sum() / count, points[:, 1].sum() / count
    xx = xy = yy = right_x = right_y = rest = 0.0
    for p in range(count):
        x, y = points[p, 0] - mx, points[p, 1] - my
        square = x * x + y * y
        xx, xy, yy = xx + x * x, xy + x * y, yy + y * y
        right_x, right_y, rest = right_x + x * square, right_y + y * square, rest + square
    determinant = xx * yy - xy * xy
    if determinant <= _LINE * (xx + yy) ** 2:
        return mx, my, 0.0
    # The points' middle is the origin: the centre does not depend on the radius.
    x = (right_x * yy - right_y * xy) / (2 * determinant)
    y = (right_y * xx - right_x * xy) / (2 * determinant)
    radius = np.sqrt(rest / count + x * x + y * y)
    return x + mx, y + my, radius if radius < _GREATEST else 0.0


def ellipse_through(points: np.ndarray) -> Ellipse | None:
    """Return the ellipse through points [N, 2] by linear least squares; None if it is none."""
    middle, scale = points.mean(axis=0), float(np.abs(np.ptp(points, axis=0)).max()) + 1e-9
    x, y = ((points - middle) / scale).T
    # Of a x² + b x y + c y² + d x + e y = 1.
    system = np.column_stack([x * x, x * y, y * y, x, y])
    (a, b, c, d, e), *_ = np.linalg.lstsq(system, np.ones(len(x)), rcond=None)
    form = np.array([[a, b / 2], [b / 2, c]])
    if np.linalg.det(form) <= 1e-9:
        return None
    centre = np.linalg.solve(-2 * form, [d, e])
    level = 1 + centre @ form @ centre
    least, greatest, angle = axes(form / level)
    if least <= 0:
        return None
    # The ellipse is longest where its form is least: across what `axes` tells.
    across, down = scale / float(np.sqrt(least)), scale / float(np.sqrt(greatest))
    x, y = (float(value) for value in scale * centre + middle)
    return levelled(Ellipse(x, y, across, down, float(np.degrees(angle) % 180 - 90)))


def with_moments(centre: np.ndarray, spread: np.ndarray, area: float) -> Circle | Ellipse:
    """Return the circle or ellipse with a centroid, second moments over the area, and an area."""
    least, greatest, angle = axes(spread)
    down, across = (2 * float(np.sqrt(max(value, 1e-9))) for value in (least, greatest))
    x, y = float(centre[0]), float(centre[1])
    if across - down < max(_ROUND_PX, _ROUND * across):
        return Circle(x, y, float(np.sqrt(area / np.pi)))
    return levelled(Ellipse(x, y, across, down, float(np.degrees(angle))))


def levelled(ellipse: Ellipse) -> Ellipse:
    """Make an ellipse that is almost level or upright so."""
    angle = ellipse.angle
    if min(abs(angle), abs(abs(angle) - 90)) >= _LEVEL:
        return ellipse
    across, down = ellipse.across, ellipse.down
    if abs(angle) > 45:
        across, down = down, across
    return Ellipse(ellipse.x, ellipse.y, across, down, 0.0)


def least_radius(conic: Circle | Ellipse) -> float:
    """Return the radius of a circle, or the shorter one of an ellipse, px."""
    return conic.radius if isinstance(conic, Circle) else min(conic.across, conic.down)


def off_conic(points: np.ndarray, conic: Circle | Ellipse) -> np.ndarray:
    """Return how far points [N, 2] are off, outwards, about: exact where they are near."""
    local = points - [conic.x, conic.y]
    if isinstance(conic, Circle):
        return np.hypot(*local.T) - conic.radius
    turned = (local[:, 0] + 1j * local[:, 1]) * np.exp(-1j * np.radians(conic.angle))
    x, y = turned.real / conic.across, turned.imag / conic.down
    level = np.hypot(x, y)
    slope = np.hypot(x / conic.across, y / conic.down) / np.maximum(level, 1e-9)
    return (level - 1) / np.maximum(slope, 1e-9)


def turn_seen(points: np.ndarray, conic: Circle | Ellipse, gap: float) -> float:
    """Return the share of a conic's turn that points [N, 2] show.

    Args:
        points: near it.
        conic: the circle or ellipse.
        gap: px between two points, up to which they count as joined.
    """
    local = (points[:, 0] - conic.x) + 1j * (points[:, 1] - conic.y)
    if isinstance(conic, Ellipse):
        turned = local * np.exp(-1j * np.radians(conic.angle))
        local = turned.real / conic.across + 1j * turned.imag / conic.down
    angles = np.sort(np.angle(local))
    gaps = np.diff(angles, append=angles[0] + 2 * np.pi)
    return 1 - float(gaps[gaps > max(0.05, gap / least_radius(conic))].sum()) / (2 * np.pi)
