"""A model with a database and a blog, and what the real client shows of it."""
import contextlib
import json

from conftest import eventually, juju


def shown(controller, *words):
    """A command's JSON."""
    return json.loads(juju(controller, *words, "--format", "json"))


def models(controller):
    """Short names of the models."""
    return [model["short-name"] for model in shown(controller, "models", "--controller", controller.name)["models"]]


def settled(controller, model):
    """Waits until every unit is active and idle, and every application has a leader."""
    def calm():
        found = [app.get("units") or {} for app in shown(controller, "status", "-m", model)["applications"].values()]
        units = [unit for app in found for unit in app.values()]
        well = all(unit["workload-status"]["current"] == "active" and unit["juju-status"]["current"] == "idle" for unit in units)
        return units and well and all(any(unit.get("leader") for unit in app.values()) for app in found if app)

    eventually("all units are active and idle, with a leader each", calm)


@contextlib.contextmanager
def blog(controller, name):
    """The model, while something is done with it, named as `-m` wants it."""
    juju(controller, "add-model", name, controller.cloud, "--controller", controller.name, "--no-switch")
    model = f"{controller.name}:{name}"
    for charm, channel in (("postgresql", "14/stable"), ("wordpress", "latest/stable")):
        juju(controller, "deploy", "-m", model, charm, "--channel", channel)
    juju(controller, "integrate", "-m", model, "wordpress:database", "postgresql:database")
    settled(controller, model)
    yield model
    juju(controller, "destroy-model", model, "--no-prompt", "--force", "--destroy-storage", "--timeout", "2m")
    eventually("the model is gone", lambda: name not in models(controller))
