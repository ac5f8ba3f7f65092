"""The identity provider of the suite: a real Ory Hydra, with a scripted login page and consent page."""
import contextlib
import http.server
import json
import os
import secrets
import subprocess
import threading
import urllib.parse

import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, required_path, stop
from ports import free_port

# People who can sign in, by subject, with the claims of their tokens. No password is needed.
PEOPLE = {
    "ana": {"email": "ana@example.com", "groups": ["ops"]},
    "ben": {"email": "ben@example.com", "groups": ["approvers", "staff"]},
    "cat": {"email": "cat@example.com", "groups": []},
    "eve": {"email": "eve@example.com", "groups": ["ops", "approvers"]},
    "dan": {"email": "dan@example.com", "groups": [], "email_verified": False},
}
PERSON = "person"  # the cookie that names the person to the login page
CALLBACK = "http://127.0.0.1:9/callback"  # nothing listens there: the scripted browser does not open it
SCOPES = "openid profile email offline_access juju:read juju:write juju:sensitive juju:approve"


class Provider:
    """A running Hydra and what its operator can do with it. `public` is its own address, `issuer` the one that clients use."""

    def __init__(self, issuer, public, admin, folder):
        self.issuer, self.public, self.admin, self.folder = issuer, public, admin, folder
        self.process = None

    def start(self):
        """Starts the program, and waits until it answers."""
        log = open(self.folder / "hydra.log", "a")
        self.process = subprocess.Popen([required_path("JUJU_MCP_TEST_HYDRA"), "serve", "all", "--dev", "-c", self.folder / "hydra.yaml"],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                        env={"PATH": os.environ["PATH"], "HOME": str(self.folder)})

        def answers():
            assert self.process.poll() is None, (self.folder / "hydra.log").read_text()[-2000:]
            with contextlib.suppress(requests.ConnectionError):
                return requests.get(f"{self.admin}/health/ready", timeout=TEST_TIMEOUT).ok

        eventually("Hydra answers", answers, 0.05)
        for use in ["openid.id-token", "jwt.access-token"]:  # else made at the first sign-in, which then takes its time
            made = {"alg": "RS256", "use": "sig", "kid": secrets.token_hex(8)}
            requests.post(f"{self.admin}/admin/keys/hydra.{use}", json=made, timeout=TEST_TIMEOUT).raise_for_status()

    def stop(self):
        """Ends the program; all that it knew is gone with it."""
        stop(self.process)

    def ask(self, method, path, **more):
        """One request to Hydra's administration."""
        answer = requests.request(method, self.admin + path, timeout=TEST_TIMEOUT, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def client(self, name, audience, form="jwt", grants=("client_credentials",), **more):
        """Registers a client, as an operator does beforehand; gives its id and its secret."""
        wanted = {"client_id": name, "client_secret": secrets.token_hex(16), "grant_types": list(grants), "scope": SCOPES,
                  "audience": audience, "access_token_strategy": form, "redirect_uris": [CALLBACK], "response_types": ["code"],
                  "token_endpoint_auth_method": "client_secret_basic"} | more
        self.ask("POST", "/admin/clients", json=wanted)
        return name, wanted["client_secret"]

    def token(self, client, audience, scope="juju:read"):
        """A token for a machine, by client credentials."""
        form = {"grant_type": "client_credentials", "scope": scope} | ({"audience": audience} if audience else {})
        answer = requests.post(f"{self.issuer}/oauth2/token", auth=client, data=form, timeout=TEST_TIMEOUT)
        assert answer.ok, answer.text
        return answer.json()["access_token"]

    def new_key(self):
        """Adds a signing key, with which new tokens are signed; gives its id."""
        return self.ask("POST", "/admin/keys/hydra.jwt.access-token", json={"alg": "RS256", "use": "sig", "kid": secrets.token_hex(8)})["keys"][0]["kid"]

    def keys(self):
        """Ids of the keys that access tokens are signed with, the newest first."""
        return [key["kid"] for key in self.ask("GET", "/admin/keys/hydra.jwt.access-token")["keys"]]


def covers(registered, resource):
    """Whether a client's registered audience covers a resource: the same host, and its path or one above it."""
    one, other = urllib.parse.urlsplit(registered), urllib.parse.urlsplit(resource)
    path = one.path.rstrip("/")
    return (one.scheme, one.netloc) == (other.scheme, other.netloc) and (other.path == path or other.path.startswith(path + "/"))


class Pages(http.server.BaseHTTPRequestHandler):
    """The pages that Hydra sends people to, and a scripted browser for clients that cannot open one.

    Consent grants what was asked for. An RFC 8707 `resource`, which Hydra passes over, becomes an audience where the client is
    registered for it, as the login pages of the Canonical Identity Platform do it.
    """

    def do_GET(self):
        """Serves one page."""
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        answer = {"/login": self.login, "/consent": self.consent, "/browser": self.browser}.get(url.path)
        status, headers, body = answer(query) if answer else (404, {}, b"")
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def login(self, query):
        """Accepts the person named by the cookie as signed in."""
        jar = dict(pair.strip().split("=", 1) for pair in self.headers.get("Cookie", "").split(";") if "=" in pair)
        if jar.get(PERSON) not in PEOPLE:
            return 403, {}, b"this browser has no person"
        return self.accept("login", query["login_challenge"], {"subject": jar[PERSON]})

    def consent(self, query):
        """Grants the requested scopes and adds the person's claims."""
        challenge = query["consent_challenge"]
        asked = self.server.provider.ask("GET", "/admin/oauth2/auth/requests/consent", params={"consent_challenge": challenge})
        person = {"email_verified": True} | PEOPLE[asked["subject"]]
        resources = urllib.parse.parse_qs(urllib.parse.urlsplit(asked["request_url"]).query).get("resource", [])
        registered = asked["client"].get("audience") or []
        audience = [*asked["requested_access_token_audience"], *(r for r in resources if any(covers(one, r) for one in registered))]
        # the e-mail address is in the ID token only, groups where the hook of the platform puts them: in both
        session = {"access_token": {"groups": person["groups"]}, "id_token": {"name": asked["subject"].title(), **person}}
        return self.accept("consent", challenge, {
            "grant_scope": asked["requested_scope"], "grant_access_token_audience": audience, "session": session})

    def accept(self, step, challenge, body):
        """Accepts a request of Hydra, and sends the browser back to it."""
        accepted = self.server.provider.ask("PUT", f"/admin/oauth2/auth/requests/{step}/accept", params={f"{step}_challenge": challenge}, json=body)
        return 302, {"Location": accepted["redirect_to"]}, b""

    def browser(self, query):
        """Opens `url` as `person` and gives the address of the client to which that leads; a page in between is a 500 with it."""
        try:
            return 200, {"Content-Type": "text/plain"}, opened(query["url"], query["person"]).encode()
        except AssertionError as page:
            return 500, {"Content-Type": "text/plain"}, str(page).encode()

    def log_message(self, *_):
        """Suppresses the log."""


def opened(url, person, until=CALLBACK):
    """A person opens a page: every redirect is followed, with cookies, up to the client's own address, which is given."""
    browser = requests.Session()
    browser.cookies.set(PERSON, person, domain="127.0.0.1", path="/")
    for _ in range(20):
        if url.startswith(until):
            return url
        page = browser.get(url, allow_redirects=False, timeout=TEST_TIMEOUT)
        assert page.is_redirect, f"{url} ended with {page.status_code}: {page.text[:500]}"
        url = urllib.parse.urljoin(url, page.headers["Location"])
    raise AssertionError(f"no end of redirects, the last to {url}")


@contextlib.contextmanager
def provider(folder, issuer=None, **more):
    """A Hydra with pages of its own, configured as the Canonical Identity Platform configures it.

    `issuer` is the URL of a reverse proxy in front of Hydra, which has to serve the pages below `/ui`; default: no proxy.
    """
    pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    public, admin, at = free_port(), free_port(), f"http://127.0.0.1:{pages.server_port}"
    found = Provider(issuer or f"http://127.0.0.1:{public}", f"http://127.0.0.1:{public}", f"http://127.0.0.1:{admin}", folder)
    found.pages, ui = at, f"{issuer}/ui" if issuer else at
    pages.provider = found
    (folder / "hydra.yaml").write_text(yaml.safe_dump({
        "serve": {"public": {"host": "127.0.0.1", "port": public}, "admin": {"host": "127.0.0.1", "port": admin}, "tls": {"enabled": False}},
        "dsn": "memory",
        "urls": {"self": {"issuer": found.issuer}, "login": f"{ui}/login", "consent": f"{ui}/consent"},
        "secrets": {"system": [secrets.token_hex(16)]},
        "strategies": {"access_token": "opaque", "jwt": {"scope_claim": "list"}},
        "oauth2": {"mirror_top_level_claims": False, "allowed_top_level_claims": ["groups"]},
        "oidc": {"dynamic_client_registration": {"enabled": True}},
        "webfinger": {"oidc_discovery": {"client_registration_url": f"{found.issuer}/oauth2/register"}},
        "log": {"level": "warn"}, "sqa": {"opt_out": True}, "dev": True, **more}))
    try:
        found.start()
        yield found
    finally:
        if found.process:
            found.stop()
        pages.shutdown()
        pages.server_close()
