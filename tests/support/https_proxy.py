"""A web server with HTTPS in front of web processes, on loopback: what deploy/proxy/nginx.conf does, in a few lines.

It reads a request to its end, says itself where it came from, and lets the processes take turns.
"""

import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from itertools import cycle
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LARGEST_BODY = 256 * 1024
OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "upgrade"}
SET_HERE = {"host", "x-forwarded-for", "x-forwarded-proto"}


class HTTPSProxy:
    """`address` is where it listens; `certificate` the file that says so; `answered` counts by process."""

    def __init__(self, host: str, home: Path) -> None:
        self.host = host
        self.certificate, key = write_certificate(host, home)
        self.processes: list[int] = []  # their ports
        self.answered: Counter[int] = Counter()
        self._turns: Iterator[int] = iter(())
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.proxy = True, self
        self._server.handle_error = lambda *_: None  # a browser goes whenever it likes
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        # The handshake is for the thread of the connection: the one that accepts would wait for slow clients.
        self._server.socket = context.wrap_socket(self._server.socket, True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def lead_to(self, *ports: int) -> None:
        with self._lock:
            self.processes, self._turns = list(ports), cycle(ports)

    @contextmanager
    def only(self, port: int) -> Iterator[None]:
        """Lead every request to one process."""
        everywhere = self.processes
        self.lead_to(port)
        yield
        self.lead_to(*everywhere)

    def take_turn(self) -> int:
        with self._lock:
            port = next(self._turns)
            self.answered[port] += 1
            return port

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def hand_on(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if length > LARGEST_BODY:
            self.close_connection = True
            self.send_error(413)
            return
        body = self.rfile.read(length)
        proxy: HTTPSProxy = self.server.proxy
        sent = {name: value for name, value in self.headers.items() if name.lower() not in OF_ONE_CONNECTION | SET_HERE}
        sent |= {"Host": proxy.host, "X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "https"}
        connection = HTTPConnection("127.0.0.1", proxy.take_turn(), timeout=60)
        with suppress(OSError):
            connection.request(self.command, self.path, body, sent)
            answer = connection.getresponse()
            self.give_back(answer.status, answer.getheaders(), answer.read())
        connection.close()

    do_GET = do_HEAD = do_POST = do_OPTIONS = hand_on

    def give_back(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in OF_ONE_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def write_certificate(host: str, home: Path) -> tuple[Path, Path]:
    """Write a certificate for the host and for 127.0.0.1 that it signs itself; return its file and the key's."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    names = x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    of_certificate, of_key = home / "certificate.pem", home / "key.pem"
    of_certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    of_key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return of_certificate, of_key
