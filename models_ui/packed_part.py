"""A part of a page that is encoded and compressed once, and gzip pages built around it.

The list of a catalog page is cached as HTML (`catalog/kept_views.py`). Encoding and compressing the list again would
take a third of the time of each response. So the template writes `PLACE` instead of the list, and
`web/compression.py` puts the compressed list there. Deflate allows this: streams that are compressed separately can be
joined, if each ends at a byte and only the last one is marked as the last.
"""

import secrets
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_RAW: Final = -zlib.MAX_WBITS  # deflate without a header
_LEVEL: Final = 5  # of 9; takes a quarter less time than the usual 6, and one byte more of a hundred
_HEADER: Final = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"  # gzip, deflate, a file name follows, no time, any system
# Stands in a page for its packed part. No text from outside can contain it.
PLACE: Final = secrets.token_hex(16)


@dataclass(frozen=True)
class PackedPart:
    data: bytes

    @property
    def place(self) -> str:
        return PLACE

    @cached_property
    def deflated(self) -> bytes:
        return _deflate(self.data, zlib.Z_FULL_FLUSH)


def gzip_around(before: bytes, part: PackedPart, after: bytes, max_random_bytes: int) -> bytes:
    """Return a page in gzip format. Its length varies by so many bytes, so that it tells nothing of secrets in it."""
    checksum = zlib.crc32(after, zlib.crc32(part.data, zlib.crc32(before)))
    size = len(before) + len(part.data) + len(after)
    file_name = b"a" * secrets.randbelow(max_random_bytes) + b"\0"
    streams = _deflate(before, zlib.Z_FULL_FLUSH), part.deflated, _deflate(after, zlib.Z_FINISH)
    return b"".join((_HEADER, file_name, *streams, struct.pack("<LL", checksum, size & 0xFFFF_FFFF)))


def _deflate(data: bytes, end: int) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    return compressor.compress(data) + compressor.flush(end)
