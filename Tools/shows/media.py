"""Real media, and as much more of it as is wanted."""

import os
import random
import shutil
import struct
import subprocess

from common import require


class Noise:
    """Bytes that nothing packs, by a seed: slices of one long piece of noise, at memory's speed."""

    piece = None

    def __init__(self, seed):
        self.random = random.Random(seed)
        if Noise.piece is None:
            source = random.Random(0)
            Noise.piece = memoryview(b"".join(source.randbytes(1 << 20) for _ in range(128)))

    def bytes(self, count):
        """At most a MiB; no two are equal."""
        start = self.random.randrange(len(Noise.piece) - (1 << 20))
        own = self.random.randbytes(min(count, 32))
        return own + bytes(Noise.piece[start:start + count - len(own)])

    def write(self, file, count):
        while count > 0:
            piece = self.bytes(min(count, 1 << 20))
            file.write(piece)
            count -= len(piece)


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
    with open(path, "ab") as film:
        # The long form of a box's length, ISO/IEC 14496-12.
        film.write((1).to_bytes(4, "big") + b"free" + rest.to_bytes(8, "big"))
        Noise(seed).write(film, rest - 16)


def make_sound(path, byte_count, seed):
    """A sound of noise."""
    count = byte_count - 44
    with open(path, "wb") as sound:
        sound.write(b"RIFF" + (count + 36).to_bytes(4, "little") + b"WAVEfmt ")
        for number, width in ((16, 4), (1, 2), (2, 2), (48000, 4), (192000, 4), (4, 2), (16, 2)):
            sound.write(number.to_bytes(width, "little"))
        sound.write(b"data" + count.to_bytes(4, "little"))
        Noise(seed).write(sound, count)


def make_pictures(directory, count, side, seed):
    """So many pictures of noise (BMP), as frames with their numbers for names."""
    os.makedirs(directory)
    noise = Noise(seed)
    size = side * side * 3
    head = b"BM" + struct.pack("<IIIIiiHHIIiiII", 54 + size, 0, 54, 40, side, side, 1, 24, 0, size,
                               2835, 2835, 0, 0)
    for number in range(count):
        with open(os.path.join(directory, f"{number:06}.bmp"), "wb") as picture:
            picture.write(head)
            noise.write(picture, size)
