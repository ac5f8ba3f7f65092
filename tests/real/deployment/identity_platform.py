"""The identity platform of the deployment: what the charm of Hydra does with the databag of `oauth`, and tokens that Hydra never issued."""
import base64
import json
import secrets
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

GRANTS = ["authorization_code", "refresh_token"]


class Platform:
    """The other side of the relation `oauth`."""

    def __init__(self, hydra, application):
        self.hydra, self.application = hydra, application
        self.secret_id, self.client, self.secret = None, None, None

    def respond(self, databag, _):
        """Registers the client that our databag describes, or updates it; returns the databag of the provider."""
        if not databag.get("redirect_uri"):
            return {}
        wanted = {
            "redirect_uris": [databag["redirect_uri"]], "scope": databag["scope"], "grant_types": json.loads(databag["grant_types"]),
            "audience": json.loads(databag["audience"]), "token_endpoint_auth_method": databag["token_endpoint_auth_method"],
            "response_types": ["code"], "access_token_strategy": "jwt"}
        if self.client:
            self.hydra.ask("PUT", f"/admin/clients/{self.client}", json=wanted | {"client_id": self.client, "client_secret": self.secret})
        else:
            self.secret = secrets.token_hex(16)
            self.client = self.hydra.ask("POST", "/admin/clients", json=wanted | {"client_secret": self.secret})["client_id"]
            self.secret_id = self.application.add_secret({"secret": self.secret})
        issuer = self.hydra.issuer
        return {
            "issuer_url": issuer, "authorization_endpoint": f"{issuer}/oauth2/auth", "token_endpoint": f"{issuer}/oauth2/token",
            "introspection_endpoint": f"{self.hydra.admin}/admin/oauth2/introspect", "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_endpoint": f"{issuer}/.well-known/jwks.json", "scope": databag["scope"], "client_id": self.client,
            "client_secret_id": self.secret_id, "groups": "groups", "jwt_access_token": "True"}

    def rotate(self):
        """Gives the client a new secret at Hydra and in the model; returns the status of the application."""
        self.secret = secrets.token_hex(16)
        self.hydra.ask("PATCH", f"/admin/clients/{self.client}", json=[{"op": "replace", "path": "/client_secret", "value": self.secret}])
        return self.application.update_secret(self.secret_id, {"secret": self.secret})


def encoded(data):
    """Base64 as in a JWT."""
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def decoded(token):
    """Header and claims of a JWT, without a verification."""
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]]


def private_key(hydra, key_id):
    """A signing key of Hydra, which its administration returns."""
    (found,) = [key for key in hydra.ask("GET", "/admin/keys/hydra.jwt.access-token")["keys"] if key["kid"] == key_id]
    number = {name: int.from_bytes(base64.urlsafe_b64decode(found[name] + "=="), "big") for name in ("n", "e", "d", "p", "q")}
    public = rsa.RSAPublicNumbers(number["e"], number["n"])
    p, q, d = number["p"], number["q"], number["d"]
    return rsa.RSAPrivateNumbers(p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public).private_key()


def forged(hydra, token):
    """Variants of a valid token, by what is wrong with them; the expired one has a valid signature of Hydra."""
    header, claims = decoded(token)
    key = private_key(hydra, header["kid"])

    def signed(header, claims, key=key):
        text = f"{encoded(header)}.{encoded(claims)}"
        return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    assert signed(header, claims).count(".") == 2
    other = rsa.generate_private_key(65537, 2048)
    past = int(time.time()) - 600
    return {
        "expired": signed(header, claims | {"exp": past, "iat": past - 60, "nbf": past - 60}),
        "of another issuer": signed(header, claims | {"iss": "https://iam.example"}),
        "signed by another key": signed(header, claims, other),
        "changed": ".".join([token.split(".")[0], encoded(claims | {"sub": "eve"}), token.split(".")[2]]),
        "not signed": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}.",
    }
