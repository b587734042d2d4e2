import os
import threading
import time
from pathlib import Path
from unittest import mock

from django.test import SimpleTestCase
from PIL import Image

from classifier.images import (
    DecoderBusyError,
    ImageTooLargeError,
    UnreadableImageError,
    guarded,
    reading,
)
from classifier.images.process import Crew
from classifier.images.reading import Wanted
from tests.hostile.pictures import encoded, huge, many_chunks

ANY = Wanted(64_000_000, at_least=640)


def memory_of(pid, field="VmRSS"):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024


class GuardedTests(SimpleTestCase):
    """Real decoders, started by the tests."""

    def crew(self, **values):
        limits = {
            "module": "classifier.images.decoder", "size": 1, "waiting": 1, "wait_seconds": 5,
            "wall_seconds": 20, "retire_bytes": 10**9,
        }  # fmt: skip
        crew = Crew(**limits | values)
        self.addCleanup(crew.close)
        patch = mock.patch.object(guarded, "decoders", crew)
        patch.start()
        self.addCleanup(patch.stop)
        return crew

    def limit(self, **values):
        """Set limits of the decoder's process. It has no environment of ours: by its code."""
        code = "".join(f"limits.{name} = {value}; " for name, value in values.items())
        start = "from classifier.images import limits; "
        from classifier.images import process

        original = process.subprocess.Popen

        def popen(command, *args, **options):
            head, _, tail = command[-1].partition("import classifier")
            return original(
                [*command[:-1], f"{head}{start}{code}import classifier{tail}"], **options
            )

        patch = mock.patch.object(process.subprocess, "Popen", popen)
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_decoder_gives_what_reading_here_gives(self):
        self.crew()
        noise = Image.effect_noise((1800, 1200), 60)
        for image, file_format, options in (
            (noise.convert("RGB"), "PNG", {}),
            (noise.convert("RGB"), "TIFF", {}),
            (noise.convert("RGB"), "JPEG", {"progressive": True}),
            (noise.convert("RGBA"), "WEBP", {}),
        ):
            content = encoded(image, file_format, **options)
            with self.subTest(file_format):
                given = guarded.read_picture(content, ANY)
                expected = reading.read_picture(content, ANY)
                self.assertEqual(given.image.tobytes(), expected.image.tobytes())
                self.assertEqual((given.width, given.lossy), (expected.width, expected.lossy))

    def test_a_small_image_is_decoded_here(self):
        crew = self.crew()
        with mock.patch.object(crew, "ask", side_effect=AssertionError):
            self.assertEqual(
                guarded.read_picture(encoded(Image.new("RGB", (256, 256))), ANY).image.size,
                (256, 256),
            )

    def test_a_large_file_is_not_even_looked_at_here(self):
        self.crew()
        content = many_chunks(60_000)
        with mock.patch.object(guarded, "read_header", side_effect=AssertionError):
            self.assertEqual(guarded.read_size(content, 10**6), (64, 64))

    def test_refusals_come_through(self):
        self.crew()
        noise = encoded(Image.effect_noise((1500, 1500), 90))
        with self.assertRaisesMessage(UnreadableImageError, "damaged or incomplete"):
            guarded.read_picture(noise[: len(noise) // 2], ANY)
        with self.assertRaisesMessage(ImageTooLargeError, "at most 1,000 pixels"):
            guarded.read_picture(noise, Wanted(1000))
        with self.assertRaisesMessage(UnreadableImageError, "not a PNG, JPEG"):
            guarded.read_picture(b"x" * 600_000, ANY)

    def test_what_takes_more_cpu_time_than_allowed_is_ended_and_the_next_image_is_read(self):
        crew = self.crew()
        self.limit(CPU_SECONDS=0.05)
        with self.assertRaisesMessage(ImageTooLargeError, "to decode"):
            guarded.read_picture(huge("PNG", 7000), ANY)
        self.assertEqual(guarded.read_picture(huge("PNG", 1500), ANY).width, 1500)
        self.assertEqual(len(crew._idle), 1)

    def test_what_takes_more_memory_than_allowed_is_refused(self):
        self.crew()
        self.limit(MEMORY_BYTES=300 * 2**20)
        with self.assertRaisesRegex((ImageTooLargeError, UnreadableImageError), "memory|decoded"):
            guarded.read_picture(huge("PNG", 7900), ANY)

    def test_a_decoder_that_grew_is_replaced(self):
        crew = self.crew(retire_bytes=100 * 2**20)
        guarded.read_picture(huge("PNG", 1500), ANY)
        small = crew._idle[0]._process
        self.assertLess(memory_of(small.pid, "VmHWM"), 100 * 2**20)
        guarded.read_picture(huge("PNG", 6000), ANY)
        self.assertEqual(crew._idle, [])
        self.assertIsNotNone(small.poll())

    def test_a_decoder_can_open_no_file(self):
        crew = self.crew()
        crew.ask({"wanted": vars(ANY), "header_only": True}, huge("PNG", 64))
        pid = crew._idle[0]._process.pid
        opened = sorted(int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir())
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
        most = next(int(line.split()[3]) for line in lines if line.startswith("Max open files"))
        self.assertEqual(opened, list(range(most)))

    def test_who_comes_while_all_decode_and_enough_wait_is_told_to_come_back(self):
        crew = self.crew(wait_seconds=0.2)
        content = huge("PNG", 7000)
        errors = []

        def read():
            try:
                guarded.read_picture(content, ANY)
            except DecoderBusyError as error:
                errors.append(error)

        with mock.patch("classifier.images.process._Process.ask", side_effect=self.never_ending()):
            threads = [threading.Thread(target=read) for _ in range(4)]
            for thread in threads:
                thread.start()
            wait_until(lambda: len(errors) == 3)
            self.end.set()
            for thread in threads:
                thread.join(10)
        self.assertIn("Try again in", str(errors[0]))
        self.assertEqual((crew._busy, crew._waiting), (0, 0))

    def never_ending(self):
        self.end = threading.Event()
        self.addCleanup(self.end.set)

        def ask(*args):
            self.end.wait(30)
            return {"peak_bytes": 0, "pixels": (1, 1), "width": 1, "height": 1, "lossy": False,
                    "animated": False}, bytes(4)  # fmt: skip

        return ask

    def test_a_decoder_that_is_killed_or_stalls_is_replaced(self):
        crew = self.crew()
        guarded.read_picture(huge("PNG", 1500), ANY)
        crew._idle[0]._process.kill()
        with self.assertRaises(UnreadableImageError):
            guarded.read_picture(huge("PNG", 1500), ANY)
        self.assertEqual(guarded.read_picture(huge("PNG", 1500), ANY).width, 1500)
        crew.wall_seconds = 0.01
        with self.assertRaises(DecoderBusyError):
            guarded.read_picture(huge("PNG", 7000), ANY)
        crew.wall_seconds = 20
        self.assertEqual(guarded.read_picture(huge("PNG", 1500), ANY).width, 1500)

    def test_a_forked_process_has_decoders_of_its_own(self):
        crew = self.crew()
        guarded.read_picture(huge("PNG", 1500), ANY)
        child = os.fork()
        if child == 0:
            os._exit(0 if crew._idle == [] and guarded.read_size(huge("PNG", 1500), 10**7) else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(len(crew._idle), 1)


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("It did not happen.")
        time.sleep(0.01)
