import tempfile
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.test import SimpleTestCase
from PIL import Image

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<path fill="#0a0" d="M10 0H20V20H10z"/></svg>'
)


class CloseUpTest(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        image = Image.new("RGBA", (20, 20))
        image.paste((200, 0, 0, 255), (10, 0, 20, 20))
        image.save(self.folder / "upload.png")
        (self.folder / "drawing.svg").write_text(SVG)

    def close_up(self, box="8,0,6,4", titles=("upload", "drawing")):
        row = [str(self.folder / "upload.png"), box, str(self.folder / "drawing.svg")]
        output = self.folder / "out.png"
        call_command(
            "close_up", "--row", *row, "--titles", *titles, "-o", str(output), stdout=StringIO()
        )
        return Image.open(output)

    def test_the_same_part_of_upload_and_drawing_is_six_times_as_large(self):
        picture = self.close_up()
        self.assertEqual(picture.size, (36 + 8 + 36, 24 + 24))
        colours = [picture.getpixel((x, 30)) for x in (5, 20, 44 + 5, 44 + 20)]
        white = (255, 255, 255)
        self.assertEqual(colours, [white, (200, 0, 0), white, (0, 170, 0)])

    def test_what_cannot_be_drawn_is_said_in_a_line(self):
        with self.assertRaisesMessage(CommandError, "is no LEFT,TOP,WIDTH,HEIGHT"):
            self.close_up(box="1,2,3")
        with self.assertRaisesMessage(CommandError, "as many --titles"):
            self.close_up(titles=("upload",))
        (self.folder / "drawing.svg").write_text("no svg")
        with self.assertRaisesMessage(CommandError, "cannot be made"):
            self.close_up()
