"""Dividing an image's smooth parts into those that one smooth change of colour explains.

Neighbours are merged as long as one quadratic explains both nearly as well as two do, the pair
first that loses least for each pixel of the border between them: Koepfler, Lopez and Morel, "A
multiscale algorithm for image segmentation by variational method", 1994, with quadratics for
constants.
"""

import numpy as np

from .compiled import compiled

_TERMS = 6  # of a quadratic: 1, x, y, xx, xy, yy
_MOST_ROUNDS = 60
_STIFF = 1e-6  # share of the moments' trace that keeps small parts' quadratics determined


def smooth_parts(values: np.ndarray, mask: np.ndarray, step: float, price: float) -> np.ndarray:
    """Return the number of each pixel's part, int32 [H, W], 0 where there is none.

    Args:
        values: float32 [H, W, 4].
        mask: bool [H, W], what is divided.
        step: levels of a channel that make the first, small parts.
        price: squared levels that a pixel of border between two parts is worth.
    """
    parts, count = alike_neighbours(_levels(values, np.float32(step)), mask)
    moments = _moments(values, parts, count)
    owner = np.arange(count)
    pairs, lengths = _borders(parts, count)
    for _ in range(_MOST_ROUNDS):
        if not len(pairs):
            break
        loss = _losses(moments, pairs) / lengths
        joined = _joined(pairs, np.argsort(loss, kind="stable"), loss, price, count)
        if (joined == np.arange(count)).all():
            break
        moments = _summed(moments, joined)
        owner = joined[owner]
        pairs, lengths = _renamed(pairs, lengths, joined, count)
    left = np.zeros(count + 1, np.int32)
    left[owner] = 1
    numbers = np.cumsum(left) * left
    # Where no part is, -1 looks up the last number, which is 0.
    return numbers[np.append(owner, count)[parts]].astype(np.int32)


@compiled
def _levels(values: np.ndarray, step: float) -> np.ndarray:
    """Return one number for the levels of each pixel's channels: int64 [H, W]."""
    height, width = values.shape[:2]
    keys = np.empty((height, width), np.int64)
    for y in range(height):
        for x in range(width):
            key = 0
            for c in range(4):
                key = key << 8 | int(values[y, x, c] / step)
            keys[y, x] = key
    return keys


@compiled
def alike_neighbours(keys: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the connected parts of one key: int64 [H, W], -1 outside, and how many there are."""
    height, width = mask.shape
    parts = np.full((height, width), -1, np.int64)
    stack = np.empty(height * width, np.int64)
    count = 0
    for j in range(height):
        for i in range(width):
            if not mask[j, i] or parts[j, i] >= 0:
                continue
            parts[j, i] = count
            stack[0], size = j * width + i, 1
            while size:
                size -= 1
                y, x = stack[size] // width, stack[size] % width
                for k in range(4):
                    v, u = y + (k == 0) - (k == 1), x + (k == 2) - (k == 3)
                    if (
                        0 <= v < height
                        and 0 <= u < width
                        and mask[v, u]
                        and parts[v, u] < 0
                        and keys[v, u] == keys[y, x]
                    ):
                        parts[v, u] = count
                        stack[size] = v * width + u
                        size += 1
            count += 1
    return parts, count


@compiled
def _moments(values: np.ndarray, parts: np.ndarray, count: int) -> np.ndarray:
    """Return sums over each part, float64 [count, 61]: of terms, of colours, of both."""
    height, width = parts.shape
    scale = 2.0 / max(height, width)
    result = np.zeros((count, _TERMS * _TERMS + _TERMS * 4 + 1))
    term = np.empty(_TERMS)
    for j in range(height):
        for i in range(width):
            part = parts[j, i]
            if part < 0:
                continue
            x, y = i * scale - 1, j * scale - 1
            term[0], term[1], term[2] = 1, x, y
            term[3], term[4], term[5] = x * x, x * y, y * y
            for a in range(_TERMS):
                for b in range(_TERMS):
                    result[part, a * _TERMS + b] += term[a] * term[b]
                for c in range(4):
                    result[part, _TERMS * _TERMS + a * 4 + c] += term[a] * values[j, i, c]
            for c in range(4):
                result[part, -1] += values[j, i, c] * values[j, i, c]
    return result


def _borders(parts: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of parts that touch, int64 [P, 2], and along how many pixels."""
    sides = ((parts[:, 1:], parts[:, :-1]), (parts[1:], parts[:-1]))
    a = np.concatenate([one.ravel() for one, _ in sides])
    b = np.concatenate([other.ravel() for _, other in sides])
    touch = (a >= 0) & (b >= 0) & (a != b)
    pairs = np.stack([a[touch], b[touch]], axis=1)
    return _counted(pairs, np.ones(len(pairs)), count)


def _renamed(
    pairs: np.ndarray, lengths: np.ndarray, joined: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    pairs = joined[pairs]
    apart = pairs[:, 0] != pairs[:, 1]
    return _counted(pairs[apart], lengths[apart], count)


def _counted(pairs: np.ndarray, lengths: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    keys = pairs.min(axis=1) * count + pairs.max(axis=1)
    unique, place = np.unique(keys, return_inverse=True)
    sums = np.bincount(place, lengths, len(unique))
    return np.stack([unique // max(1, count), unique % max(1, count)], axis=1), sums


@compiled
def _losses(moments: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return by how much the squared misfit grows when the two parts of each pair are one."""
    own = np.full(len(moments), -1.0)
    result = np.empty(len(pairs))
    for p in range(len(pairs)):
        a, b = pairs[p]
        for part in (a, b):
            if own[part] < 0:
                own[part] = _misfit(moments[part])
        result[p] = _misfit(moments[a] + moments[b]) - own[a] - own[b]
    return result


@compiled
def _misfit(sums: np.ndarray) -> float:
    """Return the squared misfit of the best quadratic, by Cholesky's method."""
    factor = np.zeros((_TERMS, _TERMS))
    trace = 0.0
    for a in range(_TERMS):
        trace += sums[a * _TERMS + a]
    result = sums[-1]
    for a in range(_TERMS):
        for b in range(a + 1):
            value = sums[a * _TERMS + b] + (_STIFF * trace if a == b else 0.0)
            for k in range(b):
                value -= factor[a, k] * factor[b, k]
            if a == b:
                factor[a, a] = np.sqrt(max(value, 1e-12))
            else:
                factor[a, b] = value / factor[b, b]
    solved = np.empty(_TERMS)
    for c in range(4):
        for a in range(_TERMS):
            value = sums[_TERMS * _TERMS + a * 4 + c]
            for k in range(a):
                value -= factor[a, k] * solved[k]
            solved[a] = value / factor[a, a]
            result -= solved[a] * solved[a]
    return max(result, 0.0)


@compiled
def _joined(
    pairs: np.ndarray, order: np.ndarray, loss: np.ndarray, price: float, count: int
) -> np.ndarray:
    """Return the part that each part becomes one with, each taking part in one merger at most."""
    joined = np.arange(count)
    taken = np.zeros(count, np.bool_)
    for k in order:
        if loss[k] >= price:
            break
        a, b = pairs[k]
        if not taken[a] and not taken[b]:
            taken[a] = taken[b] = True
            joined[b] = a
    return joined


@compiled
def _summed(moments: np.ndarray, joined: np.ndarray) -> np.ndarray:
    result = np.zeros_like(moments)
    for part in range(len(moments)):
        result[joined[part]] += moments[part]
    return result
