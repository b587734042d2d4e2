from django.test import SimpleTestCase

from converter.benchmarks.nodes import count_nodes, count_segments


class SegmentsTest(SimpleTestCase):
    def test_lines_and_curves_count_one_however_they_are_written(self):
        for data, count in {
            "": 0,
            "M1 1": 0,
            "M0 0L5 5": 1,
            "M0 0H5V5H0V0": 4,
            "M0 0h5v5h-5z": 4,
            "M0 0h5v5h-5v-5z": 4,
            "M0,0 5,0 5,5": 2,
            "m0 0 5 0 0 5z": 3,
            "M0 0C1 1 2 2 3 3 4 4 5 5 6 6": 2,
            "M0 0c1 1 2 2 3 3s4 4 5 5": 2,
            "M0 0q1 1 2 2t3 3": 2,
            "M.5.5l-.5-.5-1e1.5": 2,
            "M0 0L5 5zM9 9L5 9": 3,
        }.items():
            with self.subTest(data=data):
                self.assertEqual(count_segments(data), count)

    def test_arcs_count_their_quarter_turns(self):
        self.assertEqual(count_segments("M0 5a5 5 0 0 1 5-5"), 1)
        self.assertEqual(count_segments("M0 5a5 5 0 0 1 10 0"), 2)
        self.assertEqual(count_segments("M0 5a5 5 0 1 1 10 0a5 5 0 1 1-10 0z"), 4)
        self.assertEqual(count_segments("M0 5a5 5 0 1110 0a5 5 0 11-10 0z"), 4)
        self.assertEqual(count_segments("M5 0A5 5 0 1 1 0 5z"), 4)

    def test_broken_data_ends_where_it_breaks(self):
        self.assertEqual(count_segments("M0 0L5 5L7"), 1)


class NodesTest(SimpleTestCase):
    def count(self, body):
        return count_nodes(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>')

    def test_shapes_count_what_their_curves_would(self):
        self.assertEqual(self.count('<circle r="5"/><ellipse rx="3" ry="2"/>'), 8)
        self.assertEqual(self.count('<rect width="5" height="5"/>'), 4)
        self.assertEqual(self.count('<rect width="5" height="5" rx="1"/>'), 8)
        self.assertEqual(self.count('<line x2="5"/><polyline points="0 0 5 5 9 9"/>'), 3)
        self.assertEqual(self.count('<polygon points="0,0 5,5 9,9"/>'), 3)

    def test_only_what_is_drawn_counts(self):
        shape = '<rect id="a" width="5" height="5"/>'
        self.assertEqual(self.count(f"<defs>{shape}</defs>"), 0)
        self.assertEqual(self.count(f'<defs>{shape}</defs><use href="#a"/><use href="#a"/>'), 8)
        self.assertEqual(self.count(f'<clipPath id="b">{shape}</clipPath><g>{shape}</g>'), 4)
        self.assertEqual(self.count('<g id="a"><use href="#a"/></g>'), 0)
