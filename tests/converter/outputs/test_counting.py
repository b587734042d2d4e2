"""What a drawing consists of, counted in its text."""

from django.test import SimpleTestCase

from converter.outputs.counting import Counts, counts_of


def svg(body):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{body}</svg>'


class CountingTests(SimpleTestCase):
    def nodes(self, data):
        return counts_of(svg(f'<path fill="#000" d="{data}"/>')).nodes

    def test_elements_are_counted_by_what_they_are(self):
        body = (
            '<defs><linearGradient id="g0"/></defs><path fill="red" d="M0 0h1v1z"/>'
            '<circle r="1"/><rect width="1" height="1"/><ellipse rx="1" ry="2"/>'
        )
        self.assertEqual(counts_of(svg(body)), Counts(paths=1, shapes=3, nodes=3))

    def test_repeated_commands_count_each(self):
        self.assertEqual(self.nodes("M1 1l2 0 0 2c1-1 1-1 2-2 .5.5 1-.5 2-2z"), 5)
        self.assertEqual(self.nodes("M1 1h2v2h-2z"), 4)

    def test_an_end_at_the_start_is_the_same_node(self):
        self.assertEqual(self.nodes("M1 1h2v2h-2v-2z"), 4)
        self.assertEqual(self.nodes("M0 4a4 4 0 0 1 8 0a4 4 0 0 1-8 0z"), 2)

    def test_each_outline_has_a_start_of_its_own(self):
        self.assertEqual(self.nodes("M0 0h1v1zM5 5h1v1z"), 6)
