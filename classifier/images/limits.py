"""Every limit on images that strangers send, each with its reason.

An environment variable named `IMAGES_` and the limit's name sets another value.
"""

import os


def _limit(name: str, default: int) -> int:
    value = os.environ.get(f"IMAGES_{name}", "")
    if not value:
        return default
    if not value.isdecimal() or int(value) == 0:
        raise ValueError(f"IMAGES_{name} must be a whole number above 0, not {value!r}.")
    return int(value)


# What decoding may hold in memory at once, estimated from size, format and mode before a byte is
# decoded: 100 million pixels of a PNG, but 26 million of a WebP, whose decoder keeps three copies.
PIXEL_BYTES = _limit("PIXEL_BYTES", 400 * 2**20)

# Each scan of a JPEG goes over all of its pixels, however few bytes it has. Encoders make at most
# a dozen; files with hundreds exist to cost time.
SCANS = _limit("SCANS", 40)

# What a decoder's process may take in all. The address space is larger than what is used of it.
CPU_SECONDS = _limit("CPU_SECONDS", 4)
MEMORY_BYTES = _limit("MEMORY_BYTES", 2**30)

# By the clock, on a machine that is busy: then the decoder is killed, too.
WALL_SECONDS = _limit("WALL_SECONDS", 8)

# Decoders of one process, and who may wait for them for how long. Beyond that, an
# upload gets 503 with Retry-After: a waiting thread would answer nobody else.
DECODERS = _limit("DECODERS", 1)
WAITING = _limit("WAITING", 2)
WAIT_SECONDS = _limit("WAIT_SECONDS", 2)
RETRY_SECONDS = _limit("RETRY_SECONDS", 5)

# Rendering a traced drawing, which strangers' images make costly as well: a PNG of 8,192 px takes
# three seconds. Whoever asks waits, as they wait for the conversion that it belongs to.
RENDERERS = _limit("RENDERERS", 2)
RENDERERS_WAITING = _limit("RENDERERS_WAITING", 8)
RENDER_CPU_SECONDS = _limit("RENDER_CPU_SECONDS", 8)
RENDER_WALL_SECONDS = _limit("RENDER_WALL_SECONDS", 30)

# Writing a drawing as PDF or DXF takes a second for each 150 kB of it, and is done as rendering is.
WRITERS = _limit("WRITERS", 1)
WRITERS_WAITING = _limit("WRITERS_WAITING", 1)
WRITE_WAIT_SECONDS = _limit("WRITE_WAIT_SECONDS", 10)
WRITE_CPU_SECONDS = _limit("WRITE_CPU_SECONDS", 4)
WRITE_WALL_SECONDS = _limit("WRITE_WALL_SECONDS", 30)

# A decoder that took more memory than this for one image makes room for a fresh one.
RETIRE_BYTES = _limit("RETIRE_BYTES", 150 * 2**20)

# A file this small, with so few pixels times scans, in a format whose decoder takes time by pixels
# alone, is decoded where it is: 10 to 40 ms at most, against 1 to 3 ms for asking a decoder.
QUICK_BYTES = _limit("QUICK_BYTES", 512 * 2**10)
QUICK_PIXELS = _limit("QUICK_PIXELS", 2_000_000)
QUICK_PROFILE_BYTES = _limit("QUICK_PROFILE_BYTES", 64 * 2**10)
