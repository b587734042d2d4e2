"""Taking away the nodes that a settled outline can do without."""

from typing import NamedTuple

import numpy as np

from .beziers import fit_cubic
from .compiled import compiled
from .nodes import (
    CORNER,
    FIRM,
    LINE,
    MISMATCH,
    MOST_TURN,
    PRICES,
    ROUNDED,
    STRAIGHT,
    excess,
    line_misfit,
)

_BENT = 0.35  # of a run's length, that a cubic's chord has at least


class Run(NamedTuple):
    """The points that an outline follows, and what it costs to be off them.

    Attributes:
        x, y, weight: float64 [3 n], the points and what they count, thrice in a row.
        n: number of points.
        step: their distance, px.
        noise: px that the points lie off, on average.
        price: of a node, in squared noises per px of length.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    n: int
    step: float
    noise: float
    price: float


class Chain(NamedTuple):
    """An outline's nodes: `start`, int64 [K], is the index of the point at each, rising from the
    first; the others are those of `adjust`.
    """

    start: np.ndarray
    node: np.ndarray
    leave: np.ndarray
    arrive: np.ndarray
    kinds: np.ndarray
    corner: np.ndarray


@compiled
def spare(run: Run, chain: Chain) -> tuple[np.ndarray, np.ndarray]:
    """Take away nodes, the cheapest first, and update the kinds of what follows those kept.

    Returns:
        bool [K], True for the nodes that are kept; float64 [K, 8], the control points of what
        follows each of them where that changed, else 0.
    """
    count = len(chain.start)
    kept = np.ones(count, np.bool_)
    changed = np.zeros((count, 8))
    own, gain = np.empty(count), np.empty(count)
    merged, merged_kind = np.zeros((count, 8)), np.zeros(count, np.int64)
    curve = np.empty(8)
    for k in range(count):
        own[k] = _cost(run, chain, k, (k + 1) % count, chain.kinds[k], True, curve)
    for k in range(count):
        gain[k], merged_kind[k] = _without(run, chain, kept, own, k, merged[k])
    left = count
    while left > 2:
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        a, b = _before(kept, best), _after(kept, best)
        kept[best] = False
        gain[best] = -1e18
        left -= 1
        chain.kinds[a] = merged_kind[best]
        changed[a] = merged[best]
        own[a] = _cost(run, chain, a, b, chain.kinds[a], True, curve)
        for k in (a, b):
            if left > 2:
                gain[k], merged_kind[k] = _without(run, chain, kept, own, k, merged[k])
    return kept, changed


@compiled
def _before(kept: np.ndarray, k: int) -> int:
    count = len(kept)
    k = (k - 1) % count
    while not kept[k]:
        k = (k - 1) % count
    return k


@compiled
def _after(kept: np.ndarray, k: int) -> int:
    count = len(kept)
    k = (k + 1) % count
    while not kept[k]:
        k = (k + 1) % count
    return k


@compiled
def _without(
    run: Run, chain: Chain, kept: np.ndarray, own: np.ndarray, k: int, merged: np.ndarray
) -> tuple[float, int]:
    """Return what is gained without node `k`, and the kind of what comes instead; write that."""
    a, b = _before(kept, k), _after(kept, k)
    if a == b or chain.corner[k] == FIRM:
        return -1e18, LINE
    curve = np.empty(8)
    old = own[a] + own[k] + (run.price * PRICES[2] if chain.corner[k] else 0.0)
    best, best_kind = 1e18, LINE
    for kind in range(2):
        cost = _cost(run, chain, a, b, kind, False, curve)
        if cost < best:
            best, best_kind = cost, kind
            merged[:] = curve
    return old - best, best_kind


@compiled
def _cost(
    run: Run, chain: Chain, a: int, b: int, kind: int, there: bool, curve: np.ndarray
) -> float:
    """Return what a segment from node `a` to node `b` costs, and write its control points.

    One that is `there` already is allowed whatever it looks like.
    """
    node, corner = chain.node, chain.corner
    first, last = chain.start[a] % run.n, chain.start[b] % run.n
    while last <= first:
        last += run.n
    length = (last - first) * run.step
    skip, room = round(ROUNDED / run.step), (last - first) // 4
    skip_a = min(skip, room) if corner[a] == CORNER else 0
    skip_b = min(skip, room) if corner[b] == CORNER else 0
    ax, ay, bx, by = node[a, 0], node[a, 1], node[b, 0], node[b, 1]
    curve[0], curve[1], curve[6], curve[7] = ax, ay, bx, by
    ux, uy = np.cos(chain.leave[a]), np.sin(chain.leave[a])
    vx, vy = np.cos(chain.arrive[b]), np.sin(chain.arrive[b])
    dx, dy = bx - ax, by - ay
    chord = np.hypot(dx, dy) + 1e-9
    if kind == LINE:
        curve[2], curve[3], curve[4], curve[5] = ax, ay, bx, by
        mean, worst = line_misfit(
            run.x, run.y, run.weight, first, last, skip_a, skip_b, ax, ay, bx, by
        )
        off = 0.0
        if not corner[a]:
            off = max(off, abs(ux * dy - uy * dx) / chord)
        if not corner[b]:
            off = max(off, abs(vx * dy - vy * dx) / chord)
        if (off > MISMATCH or chord < STRAIGHT * length) and not there:
            return 1e18
        extra = run.price * (PRICES[0] + (off / MISMATCH) ** 2)
    else:
        turn = np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy)
        if not there and (abs(turn) > MOST_TURN or chord < _BENT * length):
            return 1e18
        ends = np.array([ax, ay, bx, by, ux, uy, -vx, -vy])
        mean, worst = fit_cubic(run.x, run.y, run.weight, first, last, skip_a, skip_b, ends, curve)
        extra = run.price * PRICES[1]
    return length * mean / run.noise**2 + extra + excess(worst, run.noise) * run.price
