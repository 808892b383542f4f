"""Pages are sent compressed. A part that is kept compressed is put into its page as it is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers

from models_ui.packed_part import PLACE, PackedPart, gzip_around


class CompressionMiddleware(GZipMiddleware):
    """Compresses as Django does. A view names the part of its page in the attribute `packed_part` of its response."""

    def process_response(self, request: HttpRequest, response: Any) -> HttpResponseBase:
        part: PackedPart | None = getattr(response, "packed_part", None)
        before, found, after = response.content.partition(PLACE.encode()) if part else (b"", b"", b"")
        if part and found:
            if re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
                return _replace_content(response, gzip_around(before, part, after, self.max_random_bytes), "gzip")
            _replace_content(response, before + part.data + after)
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


def _replace_content(response: HttpResponse, content: bytes, encoding: str = "") -> HttpResponse:
    response.content = content
    response["Content-Length"] = str(len(content))
    if encoding:
        patch_vary_headers(response, ("Accept-Encoding",))
        response["Content-Encoding"] = encoding
    return response
