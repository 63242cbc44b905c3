"""An OpenID Connect provider on loopback with real RSA keys. It is as strict as a real one, and can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, SECRET = "facilitator", "a secret of thirty-two characters"
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
STRANGERS_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


class ProviderStandIn:
    """`claims` goes over what the ID token would say; `header` over how it is signed; `key` signs; `wrong` is a path that answers badly."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "first"}
        self.key: Any = KEY
        self.wrong: dict[str, tuple[int, bytes]] = {}
        self.stuck: set[str] = set()
        self.go_on = threading.Event()
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.issuer = ""

    def authorise(self, url: str) -> dict[str, str]:
        """Somebody signs in at the address they were sent to; returns what they bring back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert url.startswith(f"{self.issuer}/authorise?")
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT_ID, "S256")
        assert set(asked["scope"].split()) == {"openid", "email"} and len(asked["state"]) >= 32 and len(asked["nonce"]) >= 32
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, body: str, authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.stuck:
            self.go_on.wait(20)
        if path in self.wrong:
            return self.wrong[path]
        if path == "/.well-known/openid-configuration":
            named = {"authorization_endpoint": "authorise", "token_endpoint": "token", "jwks_uri": "keys"}
            return 200, json.dumps({"issuer": self.issuer, **{key: f"{self.issuer}/{end}" for key, end in named.items()}}).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
        return self._token({key: values[0] for key, values in parse_qs(body).items()}, authorization)

    def _token(self, sent: dict[str, str], authorization: str) -> tuple[int, bytes]:
        asked = self.codes.pop(sent.get("code", ""), None)
        secret = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
        if asked is None or authorization != f"Basic {secret}" or sent["redirect_uri"] != asked["redirect_uri"]:
            return 400, b'{"error": "invalid_grant", "error_description": "canary"}'
        hashed = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).decode().rstrip("=")
        if hashed != asked["code_challenge"]:
            return 400, b'{"error": "invalid_grant"}'
        moment = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "one-7", "iat": moment, "exp": moment + 300, "nonce": asked["nonce"]}
        claims = {key: value for key, value in {**usual, **self.claims}.items() if value is not None}
        token = self._unsigned(claims) if self.header["alg"] == "none" else jwt.encode(self.header, claims, self.key)
        return 200, json.dumps({"access_token": "opaque", "token_type": "Bearer", "id_token": token}).encode()

    def _unsigned(self, claims: dict[str, Any]) -> str:
        parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (self.header, claims))
        return f"{'.'.join(parts)}."


@contextmanager
def provider_stand_in():
    """It listens on a port of its own until the end."""
    stand_in = ProviderStandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, said = stand_in.answer(urlsplit(self.path).path, body, self.headers.get("Authorization", ""))
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


SHARED_KEY = OctKey.import_key(SECRET)
