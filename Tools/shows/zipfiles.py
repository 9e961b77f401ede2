"""Zip files byte by byte, to lie in each: what no tool writes, and what macOS writes."""

import struct
import zlib

UTF8, STREAMED, ENCRYPTED = 1 << 11, 1 << 3, 1
STORED, DEFLATED = 0, 8


def deflated(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def zeros_deflated(byte_count):
    """A deflate stream of so many zeros, made in little time: one block again and again."""
    block = 16 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    count, rest = divmod(byte_count, block)
    return first + packed * (count - 1) + packer.compress(bytes(rest)) + packer.flush()


class Entry:
    """One entry. What is said of it in front of it and in the directory may differ."""

    def __init__(self, name, content=b"", method=STORED, **lies):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.method, self.flags, self.version, self.mode = method, UTF8, 20, 0o100644
        self.stored = deflated(content) if method == DEFLATED else content
        self.crc, self.byte_count = zlib.crc32(content), len(content)
        self.extra = self.local_extra = self.comment = b""
        self.stored_byte_count = self.offset = self.local_name = self.local_byte_count = None
        self.local_crc = None
        for key, value in lies.items():
            setattr(self, key, value)
        if self.stored_byte_count is None:
            self.stored_byte_count = len(self.stored)

    def local(self):
        name = self.name if self.local_name is None else self.local_name
        crc = self.crc if self.local_crc is None else self.local_crc
        byte_count = self.byte_count if self.local_byte_count is None else self.local_byte_count
        sizes = (crc, self.stored_byte_count, byte_count)
        behind = b""
        if self.flags & STREAMED:
            behind = struct.pack("<4sIII", b"PK\x07\x08", *sizes)
            sizes = (0, 0, 0)
        head = struct.pack(
            "<4sHHHHHIIIHH", b"PK\x03\x04", self.version, self.flags, self.method, 0, 0x5821,
            *sizes, len(name), len(self.local_extra))
        return head + name + self.local_extra + self.stored + behind

    def central(self, offset):
        return struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 3 << 8 | 20, self.version, self.flags,
            self.method, 0, 0x5821, self.crc, self.stored_byte_count, self.byte_count,
            len(self.name), len(self.extra), len(self.comment), 0, 0, self.mode << 16,
            offset if self.offset is None else self.offset
        ) + self.name + self.extra + self.comment


def end(count, byte_count, offset):
    return struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), byte_count,
        offset, 0)


def zip64_end(count, byte_count, offset, position, **lies):
    """The long end, its locator, and a short end that refers to them."""
    size, disks = lies.get("size", 44), lies.get("disks", 1)
    return struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", size, 45, 45, 0, 0, count, count, byte_count, offset
    ) + struct.pack("<4sIQI", b"PK\x06\x07", 0, position, disks) + struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def archive(entries, directory=None, ending=None):
    """The bytes of an archive; `directory` are the entries it tells of, else all."""
    body, offsets = bytearray(), {}
    for entry in entries:
        offsets[id(entry)] = len(body)
        body += entry.local()
    start = len(body)
    told = entries if directory is None else directory
    for entry in told:
        body += entry.central(offsets.get(id(entry), 0))
    size = len(body) - start
    body += (ending or end)(len(told), size, start, *([len(body)] if ending else []))
    return bytes(body)


def quoted_overlap(name, count, kernel):
    """David Fifield's bomb: each entry's content begins with a block of deflate that holds the next
    one's header, and all of them end in the same packed kernel."""
    entries = [Entry(name(count - 1), kernel, DEFLATED)]
    content = kernel
    for number in reversed(range(count - 1)):
        inner = entries[-1].local()
        header = inner[:len(inner) - len(entries[-1].stored)]
        content = header + content
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF) + header
        entries.append(
            Entry(name(number), method=DEFLATED, stored=quote + entries[-1].stored,
                  crc=zlib.crc32(content), byte_count=len(content)))
    entries.reverse()
    body, offset = entries[0].local(), 0
    for entry in entries:
        # Each header is where the one before quotes it.
        entry.offset = offset
        offset += 30 + len(entry.name) + 5
    directory = b"".join(entry.central(0) for entry in entries)
    return body + directory + end(len(entries), len(directory), len(body))


def full_overlap(name, count, kernel):
    """Many names for the same packed kernel at one place."""
    entries = [Entry(name(number), kernel, DEFLATED, offset=0) for number in range(count)]
    return archive(entries[:1], directory=entries)
