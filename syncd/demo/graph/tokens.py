"""Signing in to the fake tenant: the OpenID configuration and the token endpoint (OAuth 2.0 client credentials, RFC 6749 4.4).

An application proves itself by its secret, or by an assertion (RFC 7523) signed with the key of a registered certificate.
"""

import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from syncd.demo.graph.refusal import Json, Refused
from syncd.demo.graph.state import State

ALGORITHMS = ["RS256", "PS256", "ES256"]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Tokens:
    """The application's registration, and the access tokens given out. `given` counts them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.client_id = "5a1c0f6e-0000-4000-8000-00000000f00d"
        self.secret = secrets.token_urlsafe(24)
        self.certificates: list[str] = []
        """Registered certificates, as PEM."""
        self.given = 0
        self._alive: dict[str, datetime] = {}

    def kill(self) -> None:
        """Every token given so far counts no more."""
        self._alive.clear()

    def app_of(self, authorization: str) -> str:
        """Which application asks. Raises Refused (401)."""
        kind, _, token = authorization.partition(" ")
        until = self._alive.get(token)
        if kind.lower() != "bearer" or until is None or until <= self._state.clock.now():
            message = "" if until else "CompactToken validation failed."
            raise Refused(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": "Bearer"})
        return self.client_id

    def answer(self, method: str, path: str, body: bytes, host: str) -> tuple[int, Json]:
        """What the tenant's sign-in server says: status and JSON."""
        tenant, _, rest = path.strip("/").partition("/")
        if tenant.lower() not in (self._state.tenant, "fake.onmicrosoft.com"):
            return _refused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        authority = f"https://{host}/{tenant}"
        if method == "GET" and rest == "v2.0/.well-known/openid-configuration":
            return 200, _configuration(authority)
        if method == "POST" and rest == "oauth2/v2.0/token":
            return self._token(dict(parse_qsl(body.decode(errors="replace"))), authority)
        return _refused(404, "invalid_request", 900144, "There is nothing here.")

    def _token(self, said: Mapping[str, str], authority: str) -> tuple[int, Json]:
        if said.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", 70003, "The grant type is not supported.")
        if said.get("client_id") != self.client_id:
            return _refused(
                400, "unauthorized_client", 700016, "The application was not found in the directory."
            )
        if said.get("client_assertion_type") == ASSERTION:
            if not self._signed(said.get("client_assertion", ""), f"{authority}/oauth2/v2.0/token"):
                return _refused(
                    401, "invalid_client", 700027, "The certificate is not registered on the application."
                )
        elif not hmac.compare_digest(said.get("client_secret", ""), self.secret):
            return _refused(401, "invalid_client", 7000215, "Invalid client secret provided.")
        return 200, self._given()

    def _given(self) -> Json:
        token = secrets.token_urlsafe(48)
        life, now = self._state.knobs.token_life, self._state.clock.now()
        self._alive = {one: until for one, until in self._alive.items() if until > now} | {token: now + life}
        self.given += 1
        seconds = int(life.total_seconds())
        return {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": token,
        }

    def _signed(self, assertion: str, audience: str) -> bool:
        for text in self.certificates:
            key = x509.load_pem_x509_certificate(text.encode()).public_key()
            pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            try:
                said = jwt.decode(assertion, pem, algorithms=ALGORITHMS, audience=audience)
            except jwt.PyJWTError:
                continue
            return bool(said.get("iss") == self.client_id)
        return False


def as_json(said: Json) -> bytes:
    """As it is sent."""
    return json.dumps(said).encode()


def _configuration(authority: str) -> Json:
    return {
        "issuer": f"{authority}/v2.0",
        "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
        "token_endpoint": f"{authority}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
        "jwks_uri": f"{authority}/discovery/v2.0/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _refused(status: int, error: str, number: int, text: str) -> tuple[int, Json]:
    return status, {"error": error, "error_codes": [number], "error_description": f"AADSTS{number}: {text}"}
