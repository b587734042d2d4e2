"""The connected parts of a label image."""

import numpy as np

from .compiled import compiled

# Pixels before one, in reading order, that touch it, as rows and columns: first the one above,
# which touches all others.
_BEFORE = np.array([[-1, 0], [-1, 1], [0, -1], [-1, -1]])


@compiled
def small_patches(labels: np.ndarray, least: float) -> tuple[np.ndarray, int]:
    """Return where patches of one label have less than so many pixels, and how many have more.

    Pixels that touch at a corner belong together. Rosenfeld and Pfaltz, "Sequential operations in
    digital picture processing", 1966.
    """
    height, width = labels.shape
    names = np.empty((height, width), np.int32)
    parents = np.empty(height * width, np.int32)
    sizes = np.zeros(height * width, np.int64)
    count = 0
    for j in range(height):
        for i in range(width):
            name = -1
            for k in range(4):
                v, u = j + _BEFORE[k, 0], i + _BEFORE[k, 1]
                if v < 0 or u < 0 or u >= width or labels[v, u] != labels[j, i]:
                    continue
                other = _root(parents, names[v, u])
                if name < 0:
                    name = other
                elif other != name:
                    name, gone = min(name, other), max(name, other)
                    parents[gone] = name
                    sizes[name] += sizes[gone]
                    sizes[gone] = 0
                if k == 0:
                    break
            if name < 0:
                name = parents[count] = count
                count += 1
            names[j, i] = name
            sizes[name] += 1
    small = np.empty((height, width), np.bool_)
    for j in range(height):
        for i in range(width):
            small[j, i] = sizes[_root(parents, names[j, i])] < least
    return small, int((sizes[:count] >= max(1.0, least)).sum())


@compiled
def _root(parents: np.ndarray, name: int) -> int:
    while parents[name] != name:
        parents[name] = parents[parents[name]]
        name = parents[name]
    return name
