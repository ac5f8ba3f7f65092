"""How a call is written down: what the lists of calls share."""


def entities(*tags):
    return {"entities": [{"tag": tag} for tag in tags]}


def call(model, facade, method, params=None, note="", user="admin"):
    name = f"{facade}.{method}" + (f" {note}" if note else "")
    return {"name": name if user == "admin" else f"{name} as {user}", "model": model, "facade": facade, "method": method,
            "params": params, "user": user}


def everything_in(model, note, user="admin"):
    """A new watcher of a whole model, and its first delta: not one method, but `WatchAll` and `Next`."""
    return call(model, "Everything", "Next", note=note, user=user)


def status_of(*patterns, note=""):
    return call("prod", "Client", "FullStatus", {"patterns": list(patterns) or None}, note or " ".join(patterns) or "all")


ORIGIN = {"source": "charm-hub", "type": "", "id": "", "risk": "stable", "architecture": "amd64", "base": {"name": "", "channel": ""}}
HISTORY = {"size": 0, "filter": {"size": 20, "date": None, "delta": None, "exclude": []}}
UNKNOWN_MODEL = "model-00000000-0000-4000-8000-000000000000"
