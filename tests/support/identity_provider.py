"""An identity provider on loopback, over real HTTP, that checks what a real one checks and can be wrong on purpose.

It speaks OpenID Connect's code flow: discovery, authorization with a page to sign in at, token, keys, userinfo. It holds
its client to PKCE, the secret, the registered address to come back to, and one use of each code.
"""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "models-dashboard"
CLIENT_SECRET = "the-secret-of-the-client"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
PAUSE = 30  # seconds that a slow provider waits, or until it is stopped


@dataclass
class Grant:
    """What one code is good for."""

    person: str
    redirect_uri: str
    challenge: str
    nonce: str


@dataclass
class IdentityProvider:
    """`faults` names what it does wrong now; `people` maps names to their claims."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  # replaces claims of the next id_tokens
    discovery: dict[str, Any] = field(default_factory=dict)  # and of the discovery document

    def __post_init__(self) -> None:
        self.stopped = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.provider = True, self
        self.port = self.server.server_address[1]
        self.issuer = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> "IdentityProvider":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Be gone: nobody listens at the address any more."""
        if not self.stopped.is_set():
            self.stopped.set()
            self.server.shutdown()
            self.server.server_close()

    # --- What it says

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        } | self.discovery

    def keys(self) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [key | {"kid": "one", "use": "sig", "alg": "RS256"}]}

    def decide(self, query: dict[str, str], person: str | None) -> str:
        """Return where the browser is sent when a person signs in at the page, or declines (None)."""
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        assert len(query["state"]) >= 16
        assert len(query["nonce"]) >= 32
        back = query["redirect_uri"]
        if person is None:
            return f"{back}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = secrets.token_urlsafe()
        self.grants[code] = Grant(person, back, query["code_challenge"], query["nonce"])
        return f"{back}?{urlencode({'code': code, 'state': query['state']})}"

    def redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        grant = self.grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if grant is None or grant.redirect_uri != form.get("redirect_uri") or grant.challenge != challenge:
            return 400, {"error": "invalid_grant"}
        token = secrets.token_urlsafe()
        self.tokens[token] = grant.person
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 300, "refresh_token": "r-" + token}
        return 200, answer | {"id_token": self.id_token(grant)}

    def id_token(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": grant.nonce}
        claims |= {"sub": self.people[grant.person]["sub"]}
        wrong = {
            "wrong nonce": {"nonce": "0" * 64},
            "no nonce": {"nonce": None},
            "wrong audience": {"aud": "somebody-else"},
            "other party": {"aud": [CLIENT_ID, "somebody-else"], "azp": "somebody-else"},
            "wrong issuer": {"iss": "https://evil.example"},
            "expired": {"exp": now - 3600},
            "no subject": {"sub": ""},
            "long subject": {"sub": "s" * 300},
        }
        for fault in self.faults & wrong.keys():
            claims |= wrong[fault]
        claims |= self.claims
        if "unsigned" in self.faults:
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})
        if "shared secret" in self.faults:
            return jwt.encode(claims, CLIENT_SECRET * 2, algorithm="HS256", headers={"kid": "one"})
        if "nonsense token" in self.faults:
            return "a.b.c"
        key = OTHER_KEY if "bad signature" in self.faults else KEY
        return jwt.encode(claims, key, algorithm="RS256", headers={} if "no kid" in self.faults else {"kid": "one"})

    def userinfo(self, authorization: str) -> dict[str, Any]:
        claims = dict(self.people[self.tokens[authorization.removeprefix("Bearer ")]])
        return claims | ({"sub": "another"} if "other person" in self.faults else {})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def provider(self) -> IdentityProvider:
        return self.server.provider

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        answers = {
            # As providers do that hand on to others: the page is on another host.
            "/authorize": lambda: self.redirect(f"http://localhost:{self.provider.port}/page?{parts.query}"),
            "/page": lambda: self.send(200, _page(self.provider, parts.query), "text/html"),
            "/userinfo": lambda: self.send_json(200, self.provider.userinfo(self.headers["Authorization"])),
            "/keys": lambda: self.send_json(200, self.provider.keys()),
            "/.well-known/openid-configuration": lambda: self.send_json(200, self.provider.document()),
        }
        if self.begin(parts.path):
            answers.get(parts.path, lambda: self.send_json(404, {}))()

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if not self.begin(parts.path):
            return
        if parts.path == "/page":
            self.redirect(self.provider.decide(dict(parse_qsl(parts.query)), form.get("person")))
        else:
            self.send_json(*self.provider.redeem(form))

    def begin(self, path: str) -> bool:
        """Note the call, and be wrong about it; return whether there is more to answer."""
        name = path.rpartition("/")[2]
        self.provider.calls.append(name)
        if f"slow {name}" in self.provider.faults:
            self.provider.stopped.wait(PAUSE)
            return False
        for fault, (status, text) in _ANSWERS.items():
            if f"{fault} {name}" in self.provider.faults:
                self.send(status, text, "text/html")
                return False
        return True

    def redirect(self, address: str) -> None:
        self.send(302, "", "text/html", Location=address)

    def send_json(self, status: int, value: Any) -> None:
        """Send the value; a provider that moved sends it in a redirect to where it is now."""
        name = urlsplit(self.path).path.rpartition("/")[2]
        if f"moved {name}" in self.provider.faults:
            self.send(302, json.dumps(value), "application/json", Location=f"{self.provider.issuer}/new/{name}")
        else:
            self.send(status, json.dumps(value), "application/json")

    def send(self, status: int, text: str, kind: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


_ANSWERS = {
    "html": (200, "<h1>Welcome to the network of the hotel</h1>"),
    "failing": (500, '{"error": "server_error"}'),
    "missing": (404, '{"error": "not_found"}'),
    "list": (200, "[1, 2]"),
    "empty": (200, "{}"),
    "huge": (200, '{"a": "' + "a" * 300_000 + '"}'),
    "odd": (200, '{"access_token": {"a": 1}, "id_token": 7, "keys": "none", "expires_in": "soon"}'),
}


def _page(provider: IdentityProvider, query: str) -> str:
    action = html.escape(f"/page?{query}")
    buttons = "".join(f'<button name="person" value="{name}">I am {name}</button>' for name in provider.people)
    return (
        f'<!DOCTYPE html><html lang="en"><title>Identity provider</title><link rel="icon" href="data:,">'
        f'<h1>Who are you?</h1><form method="post" action="{action}">{buttons}<button>I decline</button></form></html>'
    )
