"""The relation `certificates`, with the official library on the other side: request, signature, renewal, removal."""
import dataclasses
import datetime
import json

import conftest
import ops
import pytest
from charmlibs.interfaces import tls_certificates as api
from conftest import DIFF, Deployment
from cryptography import x509
from ops import testing

WAITING = ops.WaitingStatus("waiting for the provider of `certificates` to sign the certificate")
CA_KEY = api.PrivateKey.generate()
CA = api.Certificate.generate_self_signed_ca(
    api.CertificateRequestAttributes(common_name="CA", is_ca=True), CA_KEY, datetime.timedelta(days=30))


class OfficialProvider(ops.CharmBase):
    """A charm that signs every request with the official library."""

    def __init__(self, framework):
        super().__init__(framework)
        self.library = api.TLSCertificatesProvidesV4(self, "certificates")
        framework.observe(self.on["certificates"].relation_changed, self.sign)

    def sign(self, _):
        """Signs the requests."""
        for request in self.library.get_certificate_requests():
            csr = request.certificate_signing_request
            certificate = csr.sign(CA, CA_KEY, datetime.timedelta(days=10))
            self.library.set_relation_certificate(api.ProviderCertificate(
                relation_id=request.relation_id, certificate=certificate, ca=CA, chain=[certificate, CA], certificate_signing_request=csr))


def sign(deployment):
    """Lets the provider sign our request, and runs the event that follows."""
    (ours,) = deployment.state.get_relations("certificates")
    context = testing.Context(OfficialProvider, meta={"name": "official", "provides": {"certificates": {"interface": "tls-certificates"}}})
    theirs = testing.Relation("certificates", remote_app_name="juju-mcp", remote_units_data={0: ours.local_unit_data})
    (after,) = context.run(context.on.relation_changed(theirs), testing.State(leader=True, relations={theirs})).relations
    deployment.relate(dataclasses.replace(ours, remote_app_data=after.local_app_data))
    return deployment.run_relation("changed", ours)


@pytest.fixture
def related(deployment):
    """A deployment with the relation, before the certificate is signed."""
    relation = deployment.relate(testing.Relation("certificates"))
    assert deployment.run_relation("created", relation) == WAITING
    return deployment


def test_request_names_the_service_and_the_public_host():
    deployment = Deployment()
    deployment.configure(public_url="https://mcp.example/path")
    relation = deployment.relate(testing.Relation("certificates"))
    deployment.run_relation("created", relation)
    (after,) = deployment.state.get_relations("certificates")
    (request,) = json.loads(after.local_unit_data["certificate_signing_requests"])
    csr = api.CertificateSigningRequest.from_string(request["certificate_signing_request"])
    assert csr.common_name == "juju-mcp" and csr.sans_dns == {"mcp.example", "juju-mcp.prod.svc.cluster.local"}


@pytest.mark.parametrize("url", ["https://[::1]:8080", "https://\u00fc.example", "no url", "https://10.0.0.5", "https://a b", "x" * 300])
def test_request_leaves_out_a_host_that_no_certificate_can_name(url):
    deployment = Deployment()
    deployment.configure(public_url=url)
    relation = deployment.relate(testing.Relation("certificates"))
    assert deployment.run_relation("created", relation) == WAITING
    (after,) = deployment.state.get_relations("certificates")
    (request,) = json.loads(after.local_unit_data["certificate_signing_requests"])
    names = api.CertificateSigningRequest.from_string(request["certificate_signing_request"]).sans_dns
    assert names - {"x" * 300} == {"juju-mcp.prod.svc.cluster.local"}


def test_server_stays_as_it_is_until_the_certificate_is_signed(related):
    assert "tls" not in related.config() and "http" in related.plan()["checks"]["alive"]


def test_first_start_waits_for_the_certificate():
    deployment = Deployment()
    relation = deployment.relate(testing.Relation("certificates"))
    assert deployment.run_relation("created", relation) == WAITING
    assert deployment.files() == {} and deployment.plan() == {}


def test_signed_certificate_is_served_and_checked_by_the_program_itself(related):
    before = related.plan()
    related.set_execs(testing.Exec(DIFF, stdout="tls.certificate: restart\n"))
    assert sign(related) == ops.ActiveStatus()
    assert related.config()["tls"] == {"certificate": "tls-certificate.pem", "key": "tls-key.pem"}
    files = related.files()
    first, second = x509.load_pem_x509_certificates(files["tls-certificate.pem"].encode())
    assert first.issuer == second.subject and api.Certificate.from_string(files["tls-ca.pem"]) == CA
    key = api.PrivateKey.from_string(files["tls-key.pem"])
    assert api.Certificate.from_string(files["tls-certificate.pem"]).matches_private_key(key)
    checks = related.plan()["checks"]
    assert checks["alive"]["exec"]["command"] == "/usr/bin/juju-mcp healthcheck --config config.yaml --live"
    assert checks["ready"]["exec"]["command"] == "/usr/bin/juju-mcp healthcheck --config config.yaml"
    assert related.plan()["services"] != before["services"], "the server restarts once, to listen with TLS"


def test_public_url_and_redirect_use_https(related):
    sign(related)
    assert related.config()["oauth"]["public_url"] == "https://juju-mcp.prod.svc.cluster.local:8080"
    assert related.databag("oauth")["redirect_uri"].startswith("https://juju-mcp.prod.svc")


def test_private_key_is_in_no_plan_databag_or_log(related):
    sign(related)
    key = related.files()["tls-key.pem"].splitlines()[1]
    texts = [json.dumps(related.plan()), *(line.message for line in related.context.juju_log), str(related.state.unit_status)]
    texts += [json.dumps([dict(r.local_app_data), dict(r.local_unit_data)]) for r in related.state.relations]
    assert not [text for text in texts if key in text]


def test_renewed_certificate_replaces_the_file_without_a_restart(related):
    sign(related)
    before, plan = related.files(), related.plan()
    assert sign(related) == ops.ActiveStatus()
    assert related.files()["tls-certificate.pem"] != before["tls-certificate.pem"]
    assert related.plan() == plan and related.files()["generation"] == before["generation"]


def test_removed_relation_leads_back_to_http(related):
    sign(related)
    (relation,) = related.state.get_relations("certificates")
    assert related.run_relation("broken", relation) == ops.ActiveStatus()
    assert "tls" not in related.config() and not [name for name in related.files() if name.startswith("tls-")]
    assert "http" in related.plan()["checks"]["alive"] and "exec" not in related.plan()["checks"]["alive"]


def test_removed_provider_stops_the_server_before_the_certificate_is_signed(related):
    related.run_relation("broken", related.oauth)
    related.unrelate("oauth")
    related.run()
    assert related.state.get_container("juju-mcp").service_statuses["juju-mcp"] == ops.pebble.ServiceStatus.INACTIVE


def test_decision_action_verifies_the_certificate_of_the_server(related):
    sign(related)
    token = testing.Secret({"token": "token-of-ana"})
    related.change(secrets={*related.state.secrets, token})
    container = related.state.get_container("juju-mcp")
    related.change(containers={conftest.dataclasses.replace(container, execs={testing.Exec(["/usr/bin/juju-mcp"])})})
    related.run(related.context.on.action("list-approvals", params={"token-secret": token.id}))
    words = related.commands()[-1]
    assert "--url=https://juju-mcp.prod.svc.cluster.local:8080" in words and "--ca-certificate-file=tls-ca.pem" in words
