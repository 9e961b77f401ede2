"""Real media, and as much more of it as is wanted."""

import os
import random
import shutil
import struct
import subprocess

from common import require


def seeds(directories):
    """The files of some directories that are no links, the largest of each kind first."""
    found = []
    for root in directories:
        for directory, _, names in os.walk(root):
            for name in sorted(names):
                path = os.path.join(directory, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    found.append(path)
    return sorted(found)


def make_film(path, byte_count, seed):
    """A film of noise: a real one by ffmpeg, and a `free` box behind it that is incompressible.
    Without ffmpeg it is a sound of that length."""
    if shutil.which("ffmpeg") is None:
        make_sound(path, byte_count, seed)
        return
    command = [
        "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2", "-f",
        "lavfi", "-i", "sine=f=440:d=2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt",
        "yuv420p", "-c:a", "aac", "-f", "mp4", path]
    subprocess.run(command, check=True)
    rest = byte_count - os.path.getsize(path)
    require(rest >= 16, f"a film is no smaller than {os.path.getsize(path)} bytes")
    noise = random.Random(seed)
    with open(path, "ab") as film:
        # The long form of a box's length, ISO/IEC 14496-12.
        film.write((1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big"))
        rest -= 16
        while rest > 0:
            film.write(noise.randbytes(min(rest, 1 << 20)))
            rest -= min(rest, 1 << 20)


def make_sound(path, byte_count, seed):
    """A sound of noise."""
    noise = random.Random(seed)
    count = byte_count - 44
    with open(path, "wb") as sound:
        sound.write(b"RIFF" + (count + 36).to_bytes(4, "little") + b"WAVEfmt ")
        for number, width in ((16, 4), (1, 2), (2, 2), (48000, 4), (192000, 4), (4, 2), (16, 2)):
            sound.write(number.to_bytes(width, "little"))
        sound.write(b"data" + count.to_bytes(4, "little"))
        while count > 0:
            sound.write(noise.randbytes(min(count, 1 << 20)))
            count -= min(count, 1 << 20)


def make_pictures(directory, count, side, seed):
    """So many pictures of noise (BMP), as frames with their numbers for names."""
    os.makedirs(directory)
    noise = random.Random(seed)
    size = side * side * 3
    head = b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + size, 0, 54, 40, side, side, 1, 24, 0, size,
                               2835, 2835, 0, 0)
    for number in range(count):
        with open(os.path.join(directory, f"{number:06}.bmp"), "wb") as picture:
            picture.write(head + noise.randbytes(size))
