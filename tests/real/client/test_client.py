"""The real juju 3.6.11 client, unchanged: the commands of a day's work, with status in every format it knows."""
import json

import pytest
import yaml
from blog import blog, settled, shown
from conftest import eventually, juju


@pytest.fixture(scope="module")
def model(controller):
    """A model for the tests of this file, named as `-m` wants it."""
    with blog(controller, "day") as name:
        yield name


def units(controller, model, application):
    """The units that status shows."""
    return shown(controller, "status", "-m", model)["applications"].get(application, {}).get("units") or {}


def test_status_in_every_format(controller, model):
    found = shown(controller, "status", "-m", model, "--relations", "--storage")
    assert found["model"]["name"] == "day" and found["model"]["type"] == "iaas" and found["model"]["version"].startswith("3.6.")
    assert yaml.safe_load(juju(controller, "status", "-m", model, "--format", "yaml"))["applications"].keys() == found["applications"].keys()
    table = juju(controller, "status", "-m", model, "--format", "tabular", "--relations")
    assert "postgresql/0*" in table and "wordpress:database" in table
    for form, word in (("oneline", "wordpress/0"), ("line", "wordpress/0"), ("short", "wordpress/0"), ("summary", "postgresql")):
        assert word in juju(controller, "status", "-m", model, "--format", form), form
    only = json.loads(juju(controller, "status", "-m", model, "wordpress", "--format", "json"))
    assert "wordpress" in only["applications"]


@pytest.mark.parametrize("words, word", [
    (("show-unit", "postgresql/0"), "opened-ports"), (("show-application", "wordpress"), "charm"), (("config", "postgresql"), "settings"),
    (("model-config",), "default-base"), (("machines",), "machines"), (("actions", "postgresql"), "get-primary"),
    (("show-model",), "model-uuid"), (("show-machine", "0"), "instance-id"), (("constraints", "postgresql"), "arch"),
    (("storage",), "pgdata"), (("resources", "wordpress"), "theme"), (("show-status-log", "postgresql/0"), "idle")])
def test_reads(controller, model, words, word):
    verb, *rest = words
    model = (model,) if verb == "show-model" else ("-m", model)
    assert word in juju(controller, verb, *model, *rest, "--format", "json" if verb != "show-status-log" else "yaml")


def test_whole_controller_reads(controller):
    assert shown(controller, "whoami")["user"] == controller.user
    assert controller.name in shown(controller, "controllers")["controllers"]
    assert controller.name in shown(controller, "show-controller", controller.name)
    assert controller.user in [user["user-name"] for user in shown(controller, "users", "--controller", controller.name)]


def test_config_expose_and_scale(controller, model):
    juju(controller, "config", "-m", model, "postgresql", "profile=testing")
    assert juju(controller, "config", "-m", model, "postgresql", "profile").strip() == "testing"
    juju(controller, "config", "-m", model, "postgresql", "--reset", "profile")
    assert juju(controller, "config", "-m", model, "postgresql", "profile").strip() == "production"
    juju(controller, "expose", "-m", model, "wordpress")
    assert shown(controller, "status", "-m", model)["applications"]["wordpress"]["exposed"] is True
    juju(controller, "unexpose", "-m", model, "wordpress")
    assert shown(controller, "status", "-m", model)["applications"]["wordpress"]["exposed"] is False
    juju(controller, "add-unit", "-m", model, "wordpress")
    eventually("a second unit", lambda: len(units(controller, model, "wordpress")) == 2)
    settled(controller, model)
    juju(controller, "remove-unit", "-m", model, "wordpress/1", "--no-prompt")
    eventually("one unit again", lambda: len(units(controller, model, "wordpress")) == 1)


def test_actions_and_log(controller, model):
    done = shown(controller, "run", "-m", model, "postgresql/0", "get-primary", "--wait", "3m")
    assert done["postgresql/0"]["status"] == "completed"
    operation = next(iter(shown(controller, "operations", "-m", model)))
    assert shown(controller, "show-operation", "-m", model, operation)["status"] == "completed"
    done = juju(controller, "exec", "-m", model, "--unit", "postgresql/0", "--wait", "3m", "--format", "json", "--", "hostname")
    assert json.loads(done)["postgresql/0"]["status"] == "completed"
    juju(controller, "debug-log", "-m", model, "--no-tail", "--limit", "5")


def test_refusals(controller, model):
    for words, why in ((("status", "-m", "day-that-is-not"), "not found"), (("config", "-m", model, "nothing"), "not found"),
                       (("remove-relation", "-m", model, "wordpress:mysql", "postgresql:database"), "not found"),
                       (("deploy", "-m", model, "postgresql", "--channel", "99/stable"), "99/stable"),
                       (("deploy", "-m", model, "no-such-charm"), "no-such-charm"), (("config", "-m", model, "wordpress", "debug=maybe"), "debug")):
        refused = juju(controller, *words, ok=False)
        assert refused.returncode and why in refused.stderr, (words, refused.returncode, refused.stderr)


def test_offer_consume_and_remove(controller, model):
    juju(controller, "offer", "-c", controller.name, f"{controller.user}/day.postgresql:database", "store")
    assert "store" in shown(controller, "offers", "-m", model)
    assert any(url.endswith("day.store") for url in shown(controller, "find-offers", f"{controller.name}:{controller.user}/day"))
    juju(controller, "remove-offer", "-c", controller.name, f"{controller.user}/day.store", "--yes", "--force")
    juju(controller, "remove-relation", "-m", model, "wordpress:database", "postgresql:database")
    juju(controller, "remove-application", "-m", model, "wordpress", "--no-prompt")
    eventually("wordpress is gone", lambda: "wordpress" not in shown(controller, "status", "-m", model)["applications"])
