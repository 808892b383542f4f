"""Pages are sent compressed. A part that is kept compressed is put into its page as it is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers

from models_ui.packed_part import PackedPart, gzip_around


class CompressionMiddleware(GZipMiddleware):
    """Compresses as Django does. A view names the part of its page in the attribute `packed_part` of its response."""

    def process_response(self, request: HttpRequest, response: Any) -> HttpResponseBase:
        part: PackedPart | None = getattr(response, "packed_part", None)
        accepts = re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        if part is not None and accepts and not response.has_header("Content-Encoding"):
            before, found, after = response.content.partition(part.text.encode())
            if found:
                return self._compress_around(response, before, part, after)
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed

    def _compress_around(self, response: HttpResponse, before: bytes, part: PackedPart, after: bytes) -> HttpResponse:
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = gzip_around(before, part, after, self.max_random_bytes)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
        return response
