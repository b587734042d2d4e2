"""Discs and rings that something of their own paint touches or crosses, set free.

A ring and a line across it, both black, are one patch with outlines that belong to neither. Where
most of a circle shows, the whole disc or ring is drawn as such, and what was attached to it ends
beneath it, or goes on through it: as somebody would draw the two.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .compiled import compiled
from .conics import circle_of, turn_seen
from .fields import Field
from .outlines import STEP, Outline, flattened, on_curve
from .shapes import Circle, border

_SEEN = 0.8  # of a circle's turn, that has to show
_REACH = 0.3  # px, that points of a circle may be off it
_ALONG = 0.96  # cosine between the normals of a circle and of an outline that follows it
_LEAST_RADIUS = 3.0  # px
_LEAST_WIDTH = 0.5  # px of a ring
_CONCENTRIC = 0.3  # px between the centres of a ring's circles
_JOINED = 1.6  # px between points of one arc
_ROUNDS = 4  # of finding the points of a circle and the circle of those
_FEWEST = 10  # points of an arc that a circle is guessed from
_MOST_GUESSES = 24
_APART = 1.2  # px around a disc or ring, within which an outline is rounded off towards it
_BEHIND = 5  # points over which the direction of an end is measured
_STRAIGHT = 0.97  # cosine of the bend where something goes on through a ring
_ASIDE = 0.5  # px that it may be aside there
_DEPTH = 2.0  # px that what ends at a disc goes on beneath it
_WORSE = 0.1  # of a pixel, by which that mean may differ more from the image than before
_OFF = 0.04  # px, on average, by which its outlines may be further off than before
_BARE = 0.15  # of a pixel, on average over nine, that a disc may cover too much

Fit = Callable[[np.ndarray, Field], Outline | None]


@dataclass(frozen=True)
class Disc:
    """A circle, or a ring where it has a hole."""

    outer: Circle
    hole: Circle | None = None

    def away(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the signed distances of points from it, negative inside."""
        radii = np.hypot(x - self.outer.x, y - self.outer.y)
        outside = radii - self.outer.radius
        return np.maximum(outside, self.hole.radius - radii) if self.hole else outside

    def in_hole(self, place: np.ndarray) -> np.ndarray:
        """Return whether complex points, none of which it covers, lie in its hole."""
        return np.abs(place - complex(self.outer.x, self.outer.y)) < self.outer.radius

    def covers(self, field: Field) -> np.ndarray:
        """Return what it covers of each pixel of a field: float32 [h, w]."""
        lines = [border(self.outer)]
        if self.hole:
            lines.append(border(self.hole)[::-1])
        return field.covered(lines)


@dataclass(frozen=True)
class _Arc:
    """A circle that outlines follow: `side` is 1 for one around paint, -1 for one around a hole."""

    circle: Circle
    side: int
    seen: float
    followed: np.ndarray  # bool, by point of all outlines


@dataclass(frozen=True)
class _Points:
    """The points of all outlines of a paint, and the unit normals there, outwards."""

    place: np.ndarray  # float64 [N, 2]
    normal: np.ndarray
    owner: np.ndarray  # int64 [N], index of the outline
    segment: np.ndarray
    bent: np.ndarray  # bool [N], on a cubic
    shown: np.ndarray  # bool [N]


@dataclass
class _Chain:
    """A part of an outline that is not a disc's: points, complex [K], in its direction."""

    line: np.ndarray

    @property
    def leaves(self) -> complex:
        """The direction at its start."""
        return _unit(self.line[min(_BEHIND, len(self.line) - 1)] - self.line[0])

    @property
    def arrives(self) -> complex:
        """The direction at its end."""
        return _unit(self.line[-1] - self.line[-1 - min(_BEHIND, len(self.line) - 1)])


def set_free(
    outlines: list[Outline], field: Field, fit: Fit, finish: Callable[[list[Outline], Field], None]
) -> tuple[list[Outline], list[Disc], Field]:
    """Take discs and rings out of outlines that are partly theirs.

    Args:
        outlines: of one opaque paint.
        field: what it covers.
        fit: makes an outline of a closed line.
        finish: moves outlines to where they cover what a field says.

    Returns:
        the outlines of what is left, the discs and rings, and the field in which they hide it.
    """
    discs: list[Disc] = []
    for _ in range(_MOST_GUESSES):
        found = _one_freed(outlines, field, fit, finish)
        if found is None:
            break
        outlines, disc, field = found
        discs.append(disc)
    return outlines, discs, field


def _one_freed(
    outlines: list[Outline], field: Field, fit: Fit, finish: Callable[[list[Outline], Field], None]
) -> tuple[list[Outline], Disc, Field] | None:
    """Set free the first disc or ring for which that can be done; None if there is none."""
    points = _points_of(outlines)
    if points is None:
        return None
    arcs = _arcs(points)
    for outer in arcs:
        if outer.side < 0 or outer.seen < _SEEN:
            continue
        hole = next((arc for arc in arcs if _is_hole(arc, outer)), None)
        disc = Disc(outer.circle, hole.circle if hole else None)
        followed = outer.followed | hole.followed if hole else outer.followed
        rest = _without(points, outlines, disc, followed)
        if rest is None:
            continue
        kept, lines = rest
        covered = disc.covers(field)
        if cv2.blur(np.maximum(covered - field.allowed, 0), (3, 3)).max() > _BARE:
            continue
        around = cv2.dilate((covered > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        less = replace(field, hidden=field.hidden | around)
        fresh = [fit(line, less) for line in lines]
        if any(outline is None for outline in fresh):
            continue
        left = [*kept, *(outline for outline in fresh if outline is not None)]
        finish(left, less)
        if _as_good(outlines, left, disc, field):
            return left, disc, less
    return None


def _is_hole(arc: _Arc, outer: _Arc) -> bool:
    """Return whether a circle around a hole is the inner one of a ring."""
    apart = np.hypot(arc.circle.x - outer.circle.x, arc.circle.y - outer.circle.y)
    narrower = arc.circle.radius < outer.circle.radius - _LEAST_WIDTH
    return arc.side < 0 and arc.seen >= _SEEN and narrower and apart < _CONCENTRIC


def _points_of(outlines: list[Outline]) -> _Points | None:
    if not outlines:
        return None
    placed = [on_curve(outline) for outline in outlines]
    return _Points(
        np.concatenate([np.stack([x, y], axis=1) for x, y, _, _ in placed]),
        np.concatenate([np.stack([nx, ny], axis=1) for _, _, nx, ny in placed]),
        np.concatenate([np.full(len(o.x), k) for k, o in enumerate(outlines)]),
        np.concatenate([o.segment for o in outlines]),
        np.concatenate([o.kinds[o.segment] == 1 for o in outlines]),
        np.concatenate([~o.hidden for o in outlines]),
    )


def _arcs(points: _Points) -> list[_Arc]:
    """Return the circles that most of whose turn outlines follow, the best seen first."""
    usable = np.flatnonzero(points.bent & points.shown)
    name = points.owner[usable] * (1 + points.segment.max()) + points.segment[usable]
    starts = np.flatnonzero(np.diff(name, prepend=-1))
    runs = sorted(np.split(usable, starts[1:]), key=len, reverse=True)
    arcs: list[_Arc] = []
    for run in runs[:_MOST_GUESSES]:
        if len(run) < _FEWEST:
            break
        if any(2 * np.count_nonzero(arc.followed[run]) > len(run) for arc in arcs):
            continue
        arc = _arc(points, run)
        if arc is not None:
            arcs.append(arc)
    return sorted(arcs, key=lambda arc: -arc.seen)


def _arc(points: _Points, run: np.ndarray) -> _Arc | None:
    """Return the circle that a run of points lies on, and all others that lie on it, too."""
    # No larger circle could show most of its turn.
    widest = len(points.place) * STEP / (2 * np.pi * _SEEN)
    followed = np.empty(len(points.place), bool)
    x, y, radius, side = _follow(points.place, points.normal, points.shown, run, widest, followed)
    if not side:
        return None
    circle = Circle(x, y, radius)
    return _Arc(circle, side, turn_seen(points.place[followed], circle, _JOINED), followed)


@compiled
def _follow(
    place: np.ndarray, normal: np.ndarray, shown: np.ndarray, run: np.ndarray, widest: float,
    followed: np.ndarray,
) -> tuple[float, float, float, int]:  # fmt: skip
    """Mark the points that follow the circle on which a run of them lies, in `followed`.

    Returns:
        the circle's centre and radius, and the side of paint, see `_Arc`; 0 if there is no circle.
    """
    chosen = np.empty_like(place)
    for p in range(len(place)):
        followed[p] = False
    for k in range(len(run)):
        followed[run[k]] = True
        chosen[k, 0], chosen[k, 1] = place[run[k], 0], place[run[k], 1]
    x, y, radius = circle_of(chosen[: len(run)])
    side = 0
    for k in range(len(run)):
        if not abs(np.hypot(chosen[k, 0] - x, chosen[k, 1] - y) - radius) <= _REACH:
            return x, y, radius, 0
    for _ in range(_ROUNDS):
        count = _picked(place, followed, chosen)
        if count < _FEWEST:
            return x, y, radius, 0
        x, y, radius = circle_of(chosen[:count])
        if not _LEAST_RADIUS < radius < widest:
            return x, y, radius, 0
        outwards = 0.0
        for k in range(len(run)):
            outwards += _along(place, normal, run[k], x, y)
        side = 1 if outwards > 0 else -1
        for p in range(len(place)):
            followed[p] = (
                shown[p]
                and abs(np.hypot(place[p, 0] - x, place[p, 1] - y) - radius) < _REACH
                and side * _along(place, normal, p, x, y) > _ALONG
            )
    return x, y, radius, side if _picked(place, followed, chosen) >= _FEWEST else 0


@compiled
def _picked(place: np.ndarray, followed: np.ndarray, chosen: np.ndarray) -> int:
    """Write the places that are followed to `chosen`, one after the other; return how many."""
    count = 0
    for p in range(len(place)):
        if followed[p]:
            chosen[count, 0], chosen[count, 1] = place[p, 0], place[p, 1]
            count += 1
    return count


@compiled
def _along(place: np.ndarray, normal: np.ndarray, p: int, x: float, y: float) -> float:
    """Return the cosine between the normal at a point and the direction to it from a centre."""
    dx, dy = place[p, 0] - x, place[p, 1] - y
    return (dx * normal[p, 0] + dy * normal[p, 1]) / max(np.hypot(dx, dy), 1e-9)


def _without(
    points: _Points, outlines: list[Outline], disc: Disc, followed: np.ndarray
) -> tuple[list[Outline], list[np.ndarray]] | None:
    """Return the outlines that are not a disc's, and the closed lines that are left of the others.

    None where nothing would be left, or where ends and starts do not belong together.
    """
    kept: list[Outline] = []
    chains: list[_Chain] = []
    for k, outline in enumerate(outlines):
        own = points.owner == k
        if followed[own].sum() < _FEWEST // 2:
            kept.append(outline)
            continue
        line = outline.x + 1j * outline.y
        outside = disc.away(outline.x, outline.y) > _APART
        chains += [_Chain(line[run]) for run in _runs(outside) if len(run) > 2]
    if not chains:
        return None
    lines = _joined(chains, disc)
    return (kept, lines) if lines else None


def _runs(chosen: np.ndarray) -> list[np.ndarray]:
    """Return the runs of chosen points of a closed line, as indices."""
    if chosen.all():
        return []
    start = int(np.flatnonzero(~chosen)[0])
    order = np.roll(np.arange(len(chosen)), -start)
    edges = np.flatnonzero(np.diff(chosen[order].astype(np.int8), prepend=0, append=0))
    return [order[a:b] for a, b in edges.reshape(-1, 2)]


def _joined(chains: list[_Chain], disc: Disc) -> list[np.ndarray] | None:
    """Return closed lines of chains whose ends go on beneath a disc, or through it."""
    starts, ends = (np.array([c.line[k] for c in chains]) for k in (0, -1))
    mouths = _mouths(starts, ends, disc)
    if mouths is None:
        return None
    links = _crossings(chains, mouths, disc)
    lines = []
    left = set(range(len(chains)))
    while left:
        first = here = min(left)
        parts = []
        while here in left:
            left.remove(here)
            parts.append(chains[here].line)
            if here in links:
                here = links[here]
            else:
                parts.append(_cap(chains[here], chains[mouths[here]], disc))
                here = mouths[here]
        if here != first:
            return None
        lines.append(np.concatenate(parts))
    return lines


def _mouths(starts: np.ndarray, ends: np.ndarray, disc: Disc) -> dict[int, int] | None:
    """Return for the end of each chain the start at the other side of what is attached there.

    Along a circle, each end is followed by the arc that shows, and that by a start. What is
    attached lies between a start and the end after it.
    """
    centre = complex(disc.outer.x, disc.outer.y)
    within = disc.in_hole(starts)
    found: dict[int, int] = {}
    for k, end in enumerate(ends):
        inside = disc.in_hole(end)
        beside = np.flatnonzero(within == inside)
        if not len(beside):
            return None
        turn = np.angle((end - centre) / (starts[beside] - centre))
        # Contours run clockwise around what is painted, and the other way round around holes.
        turn = (-turn if inside else turn) % (2 * np.pi)
        found[k] = int(beside[np.argmin(turn)])
    return found if len(set(found.values())) == len(found) else None


def _crossings(chains: list[_Chain], mouths: dict[int, int], disc: Disc) -> dict[int, int]:
    """Return for ends that go straight on beyond a disc or a ring's band where they do."""
    inside = [bool(disc.in_hole(chain.line[-1])) for chain in chains]
    odd = sorted(
        (max(there, back), k, j)
        for k in mouths
        for j in mouths
        if k < j
        and (disc.hole is None or inside[k] != inside[j])
        and (there := _misfit(chains[k], chains[mouths[j]])) < 1
        and (back := _misfit(chains[j], chains[mouths[k]])) < 1
    )
    links: dict[int, int] = {}
    for _, k, j in odd:
        if k not in links and j not in links:
            links[k], links[j] = mouths[j], mouths[k]
    return links


def _misfit(end: _Chain, start: _Chain) -> float:
    """Return how badly a chain goes on in another: 1 is just too badly."""
    step = start.line[0] - end.line[-1]
    along = _unit(step)
    bend = max(1 - _dot(end.arrives, along), 1 - _dot(start.leaves, along))
    aside = abs((step * end.arrives.conjugate()).imag)
    return max(bend / (1 - _STRAIGHT), aside / _ASIDE)


def _cap(end: _Chain, start: _Chain, disc: Disc) -> np.ndarray:
    """Return the two points at which what is attached to a disc ends beneath it."""
    width = disc.outer.radius - disc.hole.radius if disc.hole else disc.outer.radius
    depth = _APART + min(_DEPTH, width / 2)
    return np.array([end.line[-1] + depth * end.arrives, start.line[0] - depth * start.leaves])


def _as_good(before: list[Outline], after: list[Outline], disc: Disc, field: Field) -> bool:
    """Return whether a disc and what is left cover what the field says about as well as before."""
    old = _cover(before, field)
    new = np.maximum(_cover(after, field), disc.covers(field))
    was, now = (np.abs(cover - field.share) * field.weight for cover in (old, new))
    worse = cv2.blur(now, (3, 3)) - cv2.blur(was, (3, 3))
    around = 2 * np.pi * (disc.outer.radius + (disc.hole.radius if disc.hole else 0))
    return bool(worse.max() < _WORSE and now.sum() < was.sum() + _OFF * around)


def _cover(outlines: list[Outline], field: Field) -> np.ndarray:
    return field.covered([x + 1j * y for x, y in map(flattened, outlines)])


def _unit(value: complex) -> complex:
    return value / max(abs(value), 1e-9)


def _dot(a: complex, b: complex) -> float:
    return (a * b.conjugate()).real
