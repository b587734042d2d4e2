import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from converter.presets import PRESETS
from converter.tracers import PROGRAM, TracerPool
from converter.vectorizer.settings import DrawingSettings

# Draws pictures of every kind with every preset, and says what was compiled, or loaded, only then.
_CODE = """
import importlib, io, json, pkgutil, sys
import numpy as np
from PIL import Image, ImageDraw
import vectorizer
for module in pkgutil.iter_modules(vectorizer.__path__, "vectorizer."):
    importlib.import_module(module.name)
from vectorizer.drawing import draw
from vectorizer.settings import DrawingSettings
from vectorizer.warming import warm_up

def compiled():
    return {
        f"{name}.{key}": len(value.signatures)
        for name, module in list(sys.modules.items()) if name.startswith("vectorizer.")
        for key, value in vars(module).items() if hasattr(value, "signatures")
    }

image = Image.new("RGBA", (128, 128), "white")
pen = ImageDraw.Draw(image)
for number, colour in enumerate(("red", "navy", "seagreen")):
    pen.ellipse((8 + 30 * number, 10, 44 + 30 * number, 46), fill=colour, outline="black", width=2)
ramp = np.linspace(30, 220, 112).astype(np.uint8)
image.paste(Image.fromarray(np.tile(ramp, (40, 1))), (8, 60))
pen.text((10, 106), "letters", fill="black")
clear = image.copy()
clear.putalpha(Image.linear_gradient("L").resize((128, 128)))

def as_jpeg(side=128, **options):
    buffer = io.BytesIO()
    image.convert("RGB").crop((0, 0, side, side)).save(buffer, "JPEG", quality=60, **options)
    return Image.open(buffer).convert("RGBA")

pictures = [(image, False), (clear, False), (as_jpeg(), True), (as_jpeg(subsampling=0), True),
            (as_jpeg(side=107), True), (as_jpeg().resize((100, 100)), True)]
warm_up()
before = compiled()
for values in json.loads(sys.argv[1]):
    for picture, lossy in pictures:
        draw(np.asarray(picture), DrawingSettings(**values), lossy)
print(json.dumps([name for name, count in compiled().items() if count > before.get(name, 0)]))
"""


class WarmUpTests(SimpleTestCase):
    def test_no_upload_waits_for_the_compiler(self):
        """What one has to wait for is compiled at set-up: a JPEG took 14 seconds more."""
        pool = TracerPool(1, cache=Path(settings.CONVERTER_COMPILED))
        pool.warm()
        pool.end()
        kinds = [
            vars(preset.settings_for(lossy))
            for preset in PRESETS.values()
            if isinstance(preset.settings, DrawingSettings)
            for lossy in (False, True)
        ]
        places = {"NUMBA_CACHE_DIR": str(pool.cache), "PYTHONPATH": str(PROGRAM.parent)}
        done = subprocess.run(
            [sys.executable, "-c", _CODE, json.dumps(kinds)],
            cwd=PROGRAM.parent,
            env=os.environ | places,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), [])
