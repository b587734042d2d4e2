"""Plain shapes: what nobody forgives a tracer."""

import math

SIDE = 256
THIN = (0.8, 1.0, 1.5, 2.0, 3.0)  # widths of lines, in pixels of the upload
_INK = "#1a1a1a"


def plain_shapes(side: int) -> dict[str, str]:
    """Return plain shapes as SVG by name; lines are as wide as they say at `side` pixels."""
    shapes = {
        "circle": '<circle cx="127.6" cy="128.3" r="93.7"/>',
        "small-circles": "".join(
            f'<circle cx="{x}" cy="{y}" r="{r}"/>'
            for x, y, r in (
                (50.3, 60.1, 30.2),
                (140.7, 58.4, 20.4),
                (205.2, 61.9, 12.3),
                (60.4, 180.6, 8.2),
                (120.9, 178.3, 24.6),
                (200.1, 185.4, 38.8),
            )
        ),
        "ellipse": '<ellipse cx="128.4" cy="127.7" rx="101.3" ry="58.6"/>',
        "ellipse-turned": '<ellipse cx="128.4" cy="127.7" rx="101.3" ry="58.6"'
        ' transform="rotate(24 128.4 127.7)"/>',
        "triangle": '<path d="M128 30.4L226.7 210.3H29.3z"/>',
        "square-turned": '<rect x="53" y="53" width="150" height="150"'
        ' transform="rotate(17 128 128)"/>',
        "rectangle": '<rect x="37.4" y="71.7" width="180.3" height="112.9"/>',
        "rounded-rectangle": '<rect x="37.4" y="61.7" width="180.3" height="132.9" rx="24.6"/>',
        "pill": '<rect x="30.4" y="91.7" width="194.3" height="72.2" rx="36.1"/>',
        "pentagon": _polygon(5, 101.3, 0.1),
        "hexagon": _polygon(6, 101.3, 0.0),
        "octagon": _polygon(8, 101.3, 0.2),
        "star": _star(5, 108.2, 44.1),
        "ring": '<path fill-rule="evenodd" d="M128 27.7a100.3 100.3 0 1 0 0 200.6a100.3 100.3 0 1 '
        '0 0-200.6zM128 66.2a61.8 61.8 0 1 1 0 123.6a61.8 61.8 0 1 1 0-123.6z"/>',
        "wave": '<path d="M20.3 130C60 20.2 96 20.2 128 128S196 236.4 236.2 126.3V180.4C196 290 '
        '160 250 128 190S60 90 20.3 190z"/>',
    }
    shapes |= {f"lines-{width}": _lines(width * SIDE / side) for width in THIN}
    return {
        name: f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">'
        f'<g fill="{_INK}">{body}</g></svg>'
        for name, body in shapes.items()
    }


def _polygon(corners: int, radius: float, turn: float) -> str:
    return f'<path d="M{_around([radius] * corners, turn)}z"/>'


def _star(points: int, outer: float, inner: float) -> str:
    return f'<path d="M{_around([outer, inner] * points, -math.pi / 2)}z"/>'


def _around(radii: list[float], turn: float) -> str:
    angles = [turn + 2 * math.pi * index / len(radii) for index in range(len(radii))]
    return "L".join(
        f"{128 + radius * math.cos(angle):.3f} {128 + radius * math.sin(angle):.3f}"
        for radius, angle in zip(radii, angles, strict=True)
    )


def _lines(width: float) -> str:
    return (
        f'<g fill="none" stroke="{_INK}" stroke-width="{width:.4f}">'
        '<path d="M20.3 30.4H236M30.4 50V230M60 226.3L230 60.7M60 60.2L180 90.8'
        'M110 236C140 140 180 140 236 216"/><circle cx="100.3" cy="140.7" r="42.4"/></g>'
    )
