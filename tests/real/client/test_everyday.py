"""The real juju 3.6.11 client, unchanged: further everyday commands, in addition to those of `test_client.py`."""
import json

import pytest
import yaml
from blog import blog, settled, shown
from conftest import eventually, juju

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMmXXbpVhM9Z9qvW3jGk1nWbOZkZb3R1cR1oV1x1Zb0b me@there"
FINGERPRINT = "0b:d7:49:e1:f5:95:dc:e3:e8:a5:5c:da:e8:e2:57:d3"


@pytest.fixture(scope="module")
def model(controller):
    """A model for the tests of this file, named as `-m` wants it."""
    with blog(controller, "everyday") as name:
        yield name


def refused(controller, *words):
    """The words of a command that fails."""
    done = juju(controller, *words, ok=False)
    assert done.returncode, (words, done.stdout)
    return done.stderr


@pytest.mark.parametrize("words, word", [
    (("spaces",), "alpha"), (("storage-pools",), "rootfs"), (("show-storage", "pgdata/0"), "filesystem"),
    (("status", "--storage"), "pgdata/0"),
    (("show-application", "postgresql", "wordpress"), "endpoint-bindings"), (("actions", "postgresql", "--schema"), "get-primary"),
    (("secrets",), "{}"), (("model-constraints",), "{}"), (("charm-resources", "wordpress"), "theme.zip")])
def test_reads(controller, model, words, word):
    assert word in juju(controller, words[0], "-m", model, *words[1:], "--format", "json")


def test_clouds_credentials_and_backends(controller):
    assert controller.cloud in yaml.safe_load(juju(controller, "clouds", "--controller", controller.name, "--format", "yaml"))
    credentials = yaml.safe_load(juju(controller, "credentials", "--controller", controller.name, "--format", "yaml"))
    (name,) = credentials["controller-credentials"][controller.cloud]
    known = yaml.safe_load(juju(controller, "show-credential", "--controller", controller.name, controller.cloud, name, ok=False).stdout)
    assert "controller" in known["controller-credentials"][controller.cloud][name]["models"]
    assert shown(controller, "secret-backends", "--controller", controller.name)["internal"]["status"] == "active"


def test_defaults_of_models(controller):
    setting, words = "update-status-hook-interval", ("--controller", controller.name, "--cloud", controller.cloud)
    juju(controller, "model-defaults", *words, f"{setting}=9m")
    assert shown(controller, "model-defaults", *words, setting)[setting]["controller"] == "9m"
    juju(controller, "add-model", "inherits", controller.cloud, "--controller", controller.name, "--no-switch")
    name = f"{controller.name}:inherits"
    assert shown(controller, "model-config", "-m", name, setting)[setting] == {"Value": "9m", "Source": "controller"}
    juju(controller, "destroy-model", name, "--no-prompt")
    juju(controller, "model-defaults", *words, "--reset", setting)
    assert "controller" not in shown(controller, "model-defaults", *words, setting)[setting]
    assert "often" in refused(controller, "model-defaults", *words, f"{setting}=often")


def test_ssh_keys(controller, model):
    juju(controller, "add-ssh-key", "-m", model, KEY)
    assert f"{FINGERPRINT} (me@there)" in juju(controller, "ssh-keys", "-m", model)
    assert KEY in juju(controller, "ssh-keys", "-m", model, "--full")
    for key, why in ((KEY, "duplicate ssh key"), ("rubbish", "invalid ssh key")):
        assert why in juju(controller, "add-ssh-key", "-m", model, key, ok=False).stderr
    juju(controller, "remove-ssh-key", "-m", model, "me@there")
    assert FINGERPRINT not in juju(controller, "ssh-keys", "-m", model)
    assert "key not found: me@there" in juju(controller, "remove-ssh-key", "-m", model, "me@there", ok=False).stderr


def test_secrets(controller, model):
    uri = juju(controller, "add-secret", "-m", model, "password", "key=oak").strip()
    juju(controller, "update-secret", "-m", model, "password", "key=ash")
    (found,) = shown(controller, "show-secret", "-m", model, "password", "--reveal").values()
    assert found["revision"] == 2 and found["content"]["Data"] == {"key": "ash"}, found
    juju(controller, "grant-secret", "-m", model, "password", "wordpress")
    juju(controller, "revoke-secret", "-m", model, "password", "wordpress")
    assert uri.rsplit(":", 1)[-1] in shown(controller, "secrets", "-m", model)
    juju(controller, "remove-secret", "-m", model, "password")
    assert shown(controller, "secrets", "-m", model) == {}


def test_bundle_out_and_compared(controller, model, tmp_path):
    text = juju(controller, "export-bundle", "-m", model)
    bundle = next(yaml.safe_load_all(text))
    assert bundle["applications"]["postgresql"]["num_units"] == 1
    assert ["wordpress:database", "postgresql:database"] in bundle["relations"]
    (tmp_path / "bundle.yaml").write_text(text)
    assert "missing" not in juju(controller, "diff-bundle", "-m", model, str(tmp_path / "bundle.yaml"))
    del bundle["applications"]["wordpress"], bundle["relations"], bundle["machines"]["1"]
    (tmp_path / "less.yaml").write_text(yaml.safe_dump(bundle))
    less = yaml.safe_load(juju(controller, "diff-bundle", "-m", model, str(tmp_path / "less.yaml")))
    assert less["applications"]["wordpress"] == {"missing": "bundle"}


def test_resources(controller, model, tmp_path):
    (tmp_path / "theme.zip").write_text("ours")
    juju(controller, "attach-resource", "-m", model, "wordpress", f"theme={tmp_path / 'theme.zip'}")
    (found,) = shown(controller, "resources", "-m", model, "wordpress")["resources"]
    assert found["origin"] == "upload" and found["size"] == 4


def test_access_to_offers(controller, model):
    offer = f"{controller.user}/everyday.store"
    juju(controller, "offer", "-c", controller.name, f"{controller.user}/everyday.postgresql:database", "store")
    juju(controller, "grant", "-c", controller.name, "reader", "consume", offer)
    (found,) = shown(controller, "show-offer", f"{controller.name}:{offer}").values()
    assert found["users"]["reader"]["access"] == "consume"
    assert 'already has "read" access or greater' in refused(controller, "grant", "-c", controller.name, "reader", "read", offer)
    juju(controller, "revoke", "-c", controller.name, "reader", "read", offer)
    (found,) = shown(controller, "show-offer", f"{controller.name}:{offer}").values()
    assert "reader" not in found["users"]
    assert "stranger" in refused(controller, "grant", "-c", controller.name, "stranger", "read", offer)
    juju(controller, "remove-offer", "-c", controller.name, offer, "--yes")


def test_tasks_and_constraints(controller, model):
    done = shown(controller, "run", "-m", model, "postgresql/0", "get-primary", "--wait", "3m")
    task = done["postgresql/0"]["id"]
    assert shown(controller, "show-task", "-m", model, task)["status"] == "completed"
    (cancelled,) = shown(controller, "cancel-task", "-m", model, task)["actions"]
    assert cancelled["id"] == task and cancelled["status"] == "completed"
    juju(controller, "set-model-constraints", "-m", model, "mem=4G")
    assert json.loads(juju(controller, "model-constraints", "-m", model, "--format", "json")) == {"mem": 4096}
    juju(controller, "set-model-constraints", "-m", model, "")


def test_containers(controller, model):
    """A container in an existing machine, a unit in a container of its own, and the removal of both."""
    def inside(host):
        return shown(controller, "show-machine", "-m", model, host)["machines"][host].get("containers", {})

    host = shown(controller, "status", "-m", model)["applications"]["postgresql"]["units"]["postgresql/0"]["machine"]
    added = juju(controller, "add-machine", "-m", model, f"lxd:{host}", ok=False)
    assert added.returncode == 0 and f"created container {host}/lxd/0" in added.stdout + added.stderr, added
    juju(controller, "deploy", "-m", model, "wordpress", "boxed", "--channel", "latest/stable", "--to", f"lxd:{host}")
    settled(controller, model)
    eventually("both containers run", lambda: [box["juju-status"]["current"] for box in inside(host).values()] == ["started"] * 2)
    status = shown(controller, "status", "-m", model, "boxed")
    assert status["applications"]["boxed"]["units"]["boxed/0"]["machine"] == f"{host}/lxd/1"
    assert f"{host}/lxd/1" in status["machines"][host]["containers"]
    assert f"{host}/lxd/1" in juju(controller, "status", "-m", model, "--format", "tabular")
    assert "is hosting containers" in refused(controller, "remove-machine", "-m", model, host, "--no-prompt")
    assert "has unit \"boxed/0\" assigned" in refused(controller, "remove-machine", "-m", model, f"{host}/lxd/1", "--no-prompt")
    assert "machine 99 not found" in refused(controller, "add-machine", "-m", model, "lxd:99")
    juju(controller, "remove-machine", "-m", model, f"{host}/lxd/0", "--no-prompt")
    juju(controller, "remove-application", "-m", model, "boxed", "--no-prompt")
    eventually("the containers are gone", lambda: not inside(host))


def test_invalid_commands_are_refused(controller, model):
    for words, why in ((("bind", "-m", model, "wordpress", "nothing=alpha"), 'endpoint "nothing" not found'),
                       (("bind", "-m", model, "wordpress", "website=nothing"), 'space "nothing" not found'),
                       (("set-application-base", "-m", model, "wordpress", "ubuntu@18.04"), "does not support ubuntu@18.04"),
                       (("suspend-relation", "-m", model, "99"), "relation 99 not found"),
                       (("add-storage", "-m", model, "postgresql/0", "pgdata=1G"), "storage is singular"),
                       (("detach-storage", "-m", model, "pgdata/0"), "storage is singular"),
                       (("remove-storage", "-m", model, "pgdata/0"), "storage is attached"),
                       (("remove-storage", "-m", model, "pgdata/9"), 'storage instance "pgdata/9" not found'),
                       (("model-config", "-m", model, "logging-config=<root>=LOUD"), 'unknown severity level "LOUD"')):
        assert why in refused(controller, *words), words
    assert "machine 0 is not in an error state" in juju(controller, "retry-provisioning", "-m", model, "0", ok=False).stderr
    juju(controller, "bind", "-m", model, "wordpress", "alpha")


def test_storage_goes_with_its_unit_on_machines(controller, model):
    juju(controller, "remove-relation", "-m", model, "wordpress:database", "postgresql:database")
    juju(controller, "remove-application", "-m", model, "postgresql", "--no-prompt", "--destroy-storage")
    eventually("postgresql is gone", lambda: "postgresql" not in shown(controller, "status", "-m", model)["applications"])
    eventually("its storage is gone", lambda: "pgdata/0" not in juju(controller, "storage", "-m", model, "--format", "json"))
