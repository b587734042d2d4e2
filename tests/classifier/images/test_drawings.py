import io
import random
import threading
import time

from django.test import SimpleTestCase
from PIL import Image

from classifier.images.drawings import DrawingError, render_png

_OPEN = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="640" viewBox="0 0 640 640">'


def overlapping(count):
    """A drawing of large triangles that hide each other."""
    chance = random.Random(1)

    def point():
        return f"{chance.random() * 640:.0f} {chance.random() * 640:.0f}"

    paths = "".join(
        f'<path d="M{point()}L{point()} {point()}z" fill="#{chance.randrange(16**6):06x}"/>'
        for _ in range(count)
    )
    return f"{_OPEN}{paths}</svg>"


class DrawingTests(SimpleTestCase):
    def test_a_drawing_becomes_a_png(self):
        with Image.open(io.BytesIO(render_png(overlapping(3), width=320))) as image:
            self.assertEqual((image.format, image.size), ("PNG", (320, 320)))

    def test_a_costly_drawing_keeps_no_thread_of_this_process_from_running(self):
        gaps, done = [0.0], threading.Event()

        def tick():
            last = time.perf_counter()
            while not done.wait(0.01):
                now = time.perf_counter()
                gaps.append(now - last)
                last = now

        ticking = threading.Thread(target=tick)
        ticking.start()
        started = time.perf_counter()
        try:
            render_png(overlapping(1500), width=1024)
        except DrawingError:
            pass
        finally:
            seconds = time.perf_counter() - started
            done.set()
            ticking.join()
        self.assertLess(max(gaps), seconds / 2)

    def test_what_takes_longer_than_it_may_is_refused_and_the_next_is_rendered(self):
        with self.assertRaisesMessage(DrawingError, "too complicated"):
            render_png(overlapping(4000), cpu_seconds=0.05, width=2048)
        self.assertTrue(render_png(overlapping(1), width=64))

    def test_what_is_no_drawing_is_refused(self):
        with self.assertRaisesMessage(DrawingError, "cannot be rendered"):
            render_png("<svg", width=64)
