"""python-libjuju, unchanged, does a day's work: it connects, deploys, waits, integrates, scales, runs actions, configures, removes."""
import asyncio

from conftest import TEST_TIMEOUT
from juju.controller import Controller
from juju.errors import JujuError


async def connected(controller):
    """A libjuju controller, logged in with user and password."""
    found = Controller()
    await found.connect(endpoint=controller.address, username=controller.user, password=controller.password, cacert=controller.ca_cert)
    return found


def settings(controller):
    """Where libjuju finds Charmhub, which it requests directly."""
    return {"charmhub-url": controller.charmhub} if controller.charmhub else None


def in_new_model(controller, name, work):
    """Runs `work(libjuju controller, model)` in a model of its own, which is destroyed at the end."""
    async def run():
        found = await connected(controller)
        try:
            model = await found.add_model(name, cloud_name=controller.cloud, config=settings(controller))
            try:
                await asyncio.wait_for(work(found, model), 3 * TEST_TIMEOUT)
            finally:
                await model.disconnect()
                await found.destroy_models(name, destroy_storage=True, force=True)
            async with asyncio.timeout(TEST_TIMEOUT):
                while name in await found.list_models():
                    await asyncio.sleep(0.25)
        finally:
            await found.disconnect()

    asyncio.run(run())


async def ready(model, *applications, **more):
    """Waits as libjuju's own users do."""
    await model.wait_for_idle(apps=list(applications), status="active", timeout=TEST_TIMEOUT, idle_period=1, check_freq=0.2, **more)


def test_connect_and_look(controller):
    async def run():
        found = await connected(controller)
        try:
            models = await found.list_models()
            assert "controller" in models and len(models) > 1
            assert controller.cloud in [name.removeprefix("cloud-") for name in (await found.clouds()).clouds]
            assert any(user.username == controller.user for user in await found.get_users())
            name = next(model for model in models if model != "controller")
            model = await found.get_model(name)
            try:
                assert model.applications and model.units and model.machines is not None
                status = await model.get_status()
                assert set(status.applications) == set(model.applications)
            finally:
                await model.disconnect()
        finally:
            await found.disconnect()

    asyncio.run(run())


def test_wrong_password_is_refused(controller):
    async def run():
        found = Controller()
        try:
            await found.connect(endpoint=controller.address, username=controller.user, password="wrong", cacert=controller.ca_cert)
        except JujuError as refused:
            assert "invalid entity name or password" in str(refused)
        else:
            raise AssertionError("a wrong password was accepted")
        finally:
            await found.disconnect()

    asyncio.run(run())


def test_deploy_integrate_scale_remove(controller):
    async def work(_, model):
        database = await model.deploy("postgresql", channel="14/stable")
        blog = await model.deploy("wordpress", channel="latest/stable")
        await ready(model, "postgresql", "wordpress")
        assert [unit.name for unit in database.units] == ["postgresql/0"]
        assert database.units[0].workload_status == "active" and database.units[0].agent_status == "idle"

        relation = await model.integrate("wordpress:database", "postgresql:database")
        assert relation.matches("wordpress:database", "postgresql:database")
        await database.add_unit(count=2)
        await ready(model, "postgresql", wait_for_exact_units=3)
        assert sorted(unit.name for unit in database.units) == ["postgresql/0", "postgresql/1", "postgresql/2"]
        assert [await unit.is_leader_from_status() for unit in database.units].count(True) == 1

        await database.destroy_unit("postgresql/2")
        await model.block_until(lambda: len(database.units) == 2, timeout=TEST_TIMEOUT)
        await blog.expose()
        await model.block_until(lambda: model.applications["wordpress"].exposed, timeout=TEST_TIMEOUT)
        await blog.unexpose()
        await model.block_until(lambda: not model.applications["wordpress"].exposed, timeout=TEST_TIMEOUT)
        await database.remove_relation("database", "wordpress:database")
        await model.block_until(lambda: not any(r.matches("wordpress:database") for r in model.relations), timeout=TEST_TIMEOUT)
        await model.remove_application("wordpress", block_until_done=True, timeout=TEST_TIMEOUT)
        assert "wordpress" not in model.applications

    in_new_model(controller, "libjuju-scale", work)


def test_config_constraints_and_actions(controller):
    async def work(_, model):
        database = await model.deploy("postgresql", channel="14/stable", config={"profile": "testing"}, constraints={"mem": 2048})
        await ready(model, "postgresql")
        config = await database.get_config()
        assert config["profile"]["value"] == "testing" and config["plugin_citext_enable"]["value"] is False
        await database.set_config({"profile": "production", "experimental_max_connections": "200"})
        assert (await database.get_config())["experimental_max_connections"]["value"] == 200
        await database.reset_config(["experimental_max_connections"])
        assert (await database.get_config())["experimental_max_connections"].get("value") is None
        assert (await database.get_constraints())["mem"] == 2048
        await database.set_constraints({"mem": 4096})
        assert (await database.get_constraints())["mem"] == 4096

        assert {"create-backup", "get-primary"} <= set(await database.get_actions())
        action = await database.units[0].run_action("create-backup", type="full")
        action = await action.wait()
        assert action.status == "completed", action.results
        action = await database.units[0].run("hostname", block=True)
        assert action.status == "completed" and action.results.get("return-code") == 0

        await model.set_config({"update-status-hook-interval": "10m"})
        assert (await model.get_config())["update-status-hook-interval"].value == "10m"
        await database.set_trusted(True)
        assert await database.get_trusted()

    in_new_model(controller, "libjuju-config", work)


def test_machines_and_secrets(controller):
    async def work(_, model):
        machine = await model.add_machine()
        await model.block_until(lambda: machine.agent_status == "started", timeout=TEST_TIMEOUT)
        plain = await model.deploy("ubuntu", channel="latest/stable", to=machine.id)
        await ready(model, "ubuntu")
        assert plain.units[0].machine.id == machine.id
        secret = await model.add_secret("password", ["key=oak"])
        assert secret.startswith("secret:")
        assert [found.label for found in await model.list_secrets()] == ["password"]
        await model.remove_secret("password")
        assert not await model.list_secrets()

    in_new_model(controller, "libjuju-machines", work)


def test_errors_come_with_juju_words(controller):
    async def work(_, model):
        await model.deploy("wordpress", channel="latest/stable")
        blog = model.applications["wordpress"]
        for attempt, words in [(lambda: model.integrate("wordpress:database", "nothing:db"), "not found"),
                               (lambda: model.deploy("wordpress", channel="latest/stable"), "already exists"),
                               (lambda: blog.set_config({"debug": "maybe"}), "debug")]:
            try:
                await attempt()
            except JujuError as refused:
                assert words in str(refused)
            else:
                raise AssertionError(f"was not refused: {words}")

    in_new_model(controller, "libjuju-errors", work)


def test_offer_and_consume(controller):
    async def work(found, model):
        await model.deploy("postgresql", channel="14/stable")
        await ready(model, "postgresql")
        await model.create_offer("postgresql:database", offer_name="store")
        offers = await model.list_offers()
        assert [offer.offer_name for offer in offers.results] == ["store"]
        other = await found.add_model("libjuju-consumer", cloud_name=controller.cloud, config=settings(controller))
        try:
            await other.deploy("wordpress", channel="latest/stable")
            await other.consume(f"{controller.user}/libjuju-offer.store")
            await other.integrate("wordpress:database", "store")
            await other.block_until(lambda: "store" in other.remote_applications, timeout=TEST_TIMEOUT)
        finally:
            await other.disconnect()
            await found.destroy_models("libjuju-consumer", force=True, destroy_storage=True)

    in_new_model(controller, "libjuju-offer", work)
