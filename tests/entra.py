"""A sign-in server of Entra as tests script it, and certificates as an administrator makes them."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from graphlike import TENANT
from scripted import Asked, Said, reply

SECRET = "a-secret that is nobody's business"
BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass
class Entra:
    """A sign-in server. `says`: what the token endpoint answers before it gives tokens; `finds`: the same of discovery."""

    says: list[Said] = field(default_factory=list)
    finds: list[bytes] = field(default_factory=list)
    lives: int = 3600
    asked: list[dict[str, str]] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    url: str = ""

    def __call__(self, asked: Asked) -> Said:
        if asked.method == "GET":
            self.found.append(asked.path)
            return self.finds.pop(0) if self.finds else as_json(200, self.configuration())
        self.asked.append({name: values[0] for name, values in parse_qs(asked.body.decode()).items()})
        if self.says:
            return self.says.pop(0)
        token = f"token-{len(self.asked)}"
        return as_json(200, {"token_type": "Bearer", "expires_in": self.lives, "access_token": token})

    def configuration(self) -> dict[str, str]:
        place = f"{self.url}{TENANT}"
        return {
            "issuer": f"{place}/v2.0",
            "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
            "token_endpoint": f"{place}/oauth2/v2.0/token",
        }


def as_json(status: int, said: Any, **headers: str) -> bytes:
    return reply(status, json.dumps(said).encode(), Content_Type="application/json", **headers)


def refused(*numbers: int, error: str = "invalid_client", status: int = 401) -> bytes:
    """As Entra refuses; the description holds what must not be repeated."""
    text = "".join(f"AADSTS{number}: " for number in numbers) + f"Trace of {SECRET}"
    return as_json(
        status, {"error": error, "error_description": text, "error_codes": list(numbers), "trace_id": "x"}
    )


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def pem(encryption: KeySerializationEncryption | None = None) -> tuple[str, x509.Certificate]:
    """A key and its self-signed certificate in one text, as an administrator makes them."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "syncd")])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(began).not_valid_after(began + timedelta(days=9000))
    certificate = built.sign(key, SHA256())
    said = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return (said + certificate.public_bytes(Encoding.PEM)).decode(), certificate
