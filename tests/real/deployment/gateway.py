"""The ingress of the deployment: a real Traefik, and what the charm of Traefik does with the databags of `ingress` in path mode."""
import contextlib
import datetime
import ipaddress
import json
import os
import subprocess

import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, required_path, stop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from provider import free_port

# Two host names of this machine: browsers and cookies see two sites.
HOST, PROVIDER_HOST = "localhost", "127.0.0.1"


def write_certificates(folder):
    """Writes a CA and a certificate for both hosts: `ca.pem`, `certificate.pem` and `key.pem`."""
    def name(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def build(subject, key, extensions):
        now = datetime.datetime.now(datetime.UTC)
        built = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name("CA of the tests")).public_key(key.public_key())
        built = built.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        built = built.not_valid_after(now + datetime.timedelta(days=2))
        for extension, critical in extensions:
            built = built.add_extension(extension, critical)
        return built.sign(ca_key, hashes.SHA256())

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca = build("CA of the tests", ca_key, [(x509.BasicConstraints(True, None), True), (usage, True), (identifier, False)])
    hosts = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address(PROVIDER_HOST))]
    own = build("gateway", key, [
        (x509.SubjectAlternativeName(hosts), False), (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False)])
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    (folder / "certificate.pem").write_bytes(own.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


class Gateway:
    """A running Traefik: HTTPS on one port, and a redirection to it on another one."""

    def __init__(self, folder):
        self.folder, self.http_port, self.https_port = folder, free_port(), free_port()
        self.routers, self.services, self.middlewares = {}, {}, {}
        self.ca_file = folder / "ca.pem"
        self.provider_url = f"https://{PROVIDER_HOST}:{self.https_port}"
        write_certificates(folder)
        entry_points = {
            "web": {"address": f"127.0.0.1:{self.http_port}",
                    "http": {"redirections": {"entryPoint": {"to": "websecure", "scheme": "https"}}}},
            "websecure": {"address": f"127.0.0.1:{self.https_port}"}}
        (folder / "traefik.yaml").write_text(yaml.safe_dump({
            "entryPoints": entry_points, "providers": {"file": {"filename": str(folder / "routes.yaml")}},
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False}, "log": {"level": "INFO"}, "accessLog": {}}))
        self.write()

    def write(self):
        """Writes the routes, which Traefik reads again by itself."""
        certificate = {"certFile": str(self.folder / "certificate.pem"), "keyFile": str(self.folder / "key.pem")}
        routes = {"tls": {"certificates": [certificate], "stores": {"default": {"defaultCertificate": certificate}}}}
        parts = {"routers": self.routers, "services": self.services, "middlewares": self.middlewares}
        routes |= {"http": {kind: part for kind, part in parts.items() if part}} if self.routers else {}
        (self.folder / "new.yaml").write_text(yaml.safe_dump(routes))
        (self.folder / "new.yaml").rename(self.folder / "routes.yaml")

    def route(self, name, rule, url, prefix=None):
        """Routes requests by a rule to a server, without the prefix of the path."""
        self.routers[name] = {"rule": rule, "service": name, "entryPoints": ["websecure"], "tls": {}}
        if prefix:
            self.middlewares[name] = {"stripPrefix": {"prefixes": [prefix]}}
            self.routers[name]["middlewares"] = [name]
        self.services[name] = {"loadBalancer": {"servers": [{"url": url}]}}
        self.write()

    def relate(self, app, unit):
        """Routes to an application as the charm does it for the databags of `ingress`; returns the databag with its URL."""
        prefix = f"/{json.loads(app['model'])}-{json.loads(app['name'])}"
        scheme = json.loads(app.get("scheme", '"http"'))
        stripped = prefix if json.loads(app.get("strip-prefix", "false")) else None
        rule = f"Host(`{HOST}`) && PathPrefix(`{prefix}`)"
        self.route("application", rule, f"{scheme}://{json.loads(unit['ip'])}:{app['port']}", stripped)
        return {"ingress": json.dumps({"url": f"https://{HOST}:{self.https_port}{prefix}"})}

    def serves(self, url):
        """Whether a route to a server that responds is active."""
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(url, timeout=TEST_TIMEOUT).status_code == 200


@contextlib.contextmanager
def gateway(folder):
    """Runs Traefik for the duration of a block."""
    found = Gateway(folder)
    with (folder / "traefik.log").open("w") as log:
        process = subprocess.Popen([required_path("JUJU_MCP_TEST_TRAEFIK"), f"--configFile={folder / 'traefik.yaml'}"], cwd=folder,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"PATH": os.environ["PATH"], "HOME": str(folder)})
    try:
        def responds():
            assert process.poll() is None, (folder / "traefik.log").read_text()[-2000:]
            with contextlib.suppress(requests.ConnectionError):
                return requests.get(f"{found.provider_url}/", verify=str(found.ca_file), timeout=TEST_TIMEOUT).status_code == 404

        eventually("Traefik serves the certificate", responds, 0.05)
        yield found
    finally:
        stop(process)
