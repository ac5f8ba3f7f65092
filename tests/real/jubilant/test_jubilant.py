"""jubilant, which drives the real juju client, does a day's work: deploy, wait, integrate, scale, run, configure, remove."""
import jubilant
import pytest
from conftest import TEST_TIMEOUT, eventually, is_transient, required_path


@pytest.fixture
def model(controller):
    """A jubilant of a model that lasts for one test."""
    juju = jubilant.Juju(cli_binary=str(required_path("JUJU_MCP_TEST_JUJU")), wait_timeout=TEST_TIMEOUT)
    juju.add_model("jubilant", controller.cloud, controller=controller.name)
    try:
        yield juju
    finally:
        juju.destroy_model(f"{controller.name}:jubilant", destroy_storage=True, force=True)


def wait(juju, condition, **how):
    """Waits as jubilant's own users do."""
    def waited():
        try:
            return juju.wait(condition, delay=0.2, **how)
        except jubilant.CLIError as refused:
            if not is_transient(str(refused.stderr)):
                raise

    return eventually("the status of storage is known", waited)


def ready(juju, *applications):
    """Waits until these are active and their agents idle."""
    return wait(juju, lambda now: jubilant.all_active(now, *applications) and jubilant.all_agents_idle(now, *applications), successes=2)


def test_day_of_work(model):
    model.deploy("postgresql", channel="14/stable", num_units=2, config={"profile": "testing"})
    model.deploy("wordpress", channel="latest/stable")
    status = ready(model, "postgresql", "wordpress")
    assert sorted(status.apps["postgresql"].units) == ["postgresql/0", "postgresql/1"]
    assert status.apps["wordpress"].charm_channel == "latest/stable"

    model.integrate("wordpress:database", "postgresql:database")
    status = wait(model, lambda now: "postgresql" in [r.related_app for r in now.apps["wordpress"].relations.get("database", [])])
    model.add_unit("postgresql")
    status = wait(model, lambda now: len(now.apps["postgresql"].units) == 3 and jubilant.all_active(now, "postgresql"))
    assert [unit.leader for unit in status.apps["postgresql"].units.values()].count(True) == 1

    task = model.run("postgresql/0", "create-backup", {"type": "full"})
    assert task.success and task.status == "completed"
    assert model.exec("hostname", unit="postgresql/0").return_code == 0

    model.config("postgresql", {"profile": "production", "experimental_max_connections": 150})
    assert model.config("postgresql")["experimental_max_connections"] == 150
    model.config("postgresql", reset="experimental_max_connections")
    assert "experimental_max_connections" not in model.config("postgresql")
    model.model_config({"update-status-hook-interval": "10m"})
    assert model.model_config()["update-status-hook-interval"] == "10m"

    model.remove_unit("postgresql/2")
    wait(model, lambda now: len(now.apps["postgresql"].units) == 2)
    model.remove_relation("wordpress:database", "postgresql:database")
    wait(model, lambda now: not now.apps["wordpress"].relations.get("database"))
    model.remove_application("wordpress")
    wait(model, lambda now: "wordpress" not in now.apps)


def test_refusals_carry_juju_words(model):
    with pytest.raises(jubilant.CLIError) as refused:
        model.deploy("no-such-charm")
    assert "no-such-charm" in refused.value.stderr
    model.deploy("postgresql", channel="14/stable")
    ready(model, "postgresql")
    with pytest.raises(jubilant.CLIError) as refused:
        model.integrate("postgresql", "nothing")
    assert "nothing" in refused.value.stderr
    with pytest.raises((jubilant.CLIError, ValueError)):
        model.run("postgresql/0", "no-such-action")


def test_offers_and_secrets(model, controller):
    model.deploy("postgresql", channel="14/stable")
    ready(model, "postgresql")
    model.offer(f"{controller.user}/jubilant.postgresql", controller=controller.name, endpoint="database", name="store")
    assert "store" in model.status().offers
    secret = model.add_secret("password", {"key": "oak"})
    assert [found.label or found.name for found in model.secrets()] == ["password"]
    assert model.show_secret(secret, reveal=True).content == {"key": "oak"}
    model.remove_secret(secret)
    assert not list(model.secrets())
