"""A part of pages that is compressed once, and pages in gzip format around it.

Of a page that is kept, compressing it again would be a fifth of the work that is left. Deflate allows streams to be
joined: each is made by itself, ends at a byte, and only the last one says that it is the last.
"""

import secrets
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_RAW: Final = -zlib.MAX_WBITS  # deflate without a header
_HEADER: Final = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"  # gzip, deflate, a file name follows, no time, any system


@dataclass(frozen=True)
class PackedPart:
    text: str

    @cached_property
    def deflated(self) -> bytes:
        return _deflate(self.text.encode(), zlib.Z_FULL_FLUSH)


def gzip_around(before: bytes, part: PackedPart, after: bytes, max_random_bytes: int) -> bytes:
    """Return a page in gzip format. Its length varies by so many bytes, so that it tells nothing of secrets in it."""
    middle = part.text.encode()
    checksum = zlib.crc32(after, zlib.crc32(middle, zlib.crc32(before)))
    size = len(before) + len(middle) + len(after)
    file_name = b"a" * secrets.randbelow(max_random_bytes) + b"\0"
    streams = _deflate(before, zlib.Z_FULL_FLUSH), part.deflated, _deflate(after, zlib.Z_FINISH)
    return b"".join((_HEADER, file_name, *streams, struct.pack("<LL", checksum, size & 0xFFFF_FFFF)))


def _deflate(data: bytes, end: int) -> bytes:
    compressor = zlib.compressobj(6, zlib.DEFLATED, _RAW)
    return compressor.compress(data) + compressor.flush(end)
