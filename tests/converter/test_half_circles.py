import numpy as np
from django.test import SimpleTestCase

from converter.fidelity import render
from converter.svg import Flat, HalfCircle, Path, Shape, write


class HalfCirclesTest(SimpleTestCase):
    def test_a_half_circle_keeps_its_middle_where_it_is(self):
        # 85.34 is more than half of 170.67: an arc with it would be 0.9 px short of its top.
        left, right = (42.665, 128.0), (213.335, 128.0)
        arcs = [HalfCircle(85.335, True, end) for end in (right, left)]
        shape = Shape(Flat((0, 0, 0)), Path([[(left,), *arcs]]))
        pixels = np.asarray(render(write([shape], (256, 256), (256, 256)).svg, 256))[..., 3]
        self.assertAlmostEqual(float((pixels / 255).sum()), np.pi * 85.335**2, delta=8)
