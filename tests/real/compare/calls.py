"""The calls that go to both sides: those of the first forty commands, good ones and bad ones, reads before writes.

A call is `(name, model, facade, method, params)`; model "" is the controller. `{model:NAME}` in the parameters becomes
the side's UUID of that model. A step `("settle", model)` waits until the agents of a model have nothing left to do.
"""


def entities(*tags):
    return {"entities": [{"tag": tag} for tag in tags]}


def call(model, facade, method, params=None, note="", user="admin"):
    name = f"{facade}.{method}" + (f" {note}" if note else "")
    return {"name": name if user == "admin" else f"{name} as {user}", "model": model, "facade": facade, "method": method,
            "params": params, "user": user}


def everything_in(model, note, user="admin"):
    """A new watcher of a whole model, and the first that it is told: no method of its own, but `WatchAll` and `Next`."""
    return call(model, "Everything", "Next", note=note, user=user)


def status_of(*patterns, note=""):
    return call("prod", "Client", "FullStatus", {"patterns": list(patterns) or None}, note or " ".join(patterns) or "all")


ORIGIN = {"source": "charm-hub", "type": "", "id": "", "risk": "stable", "architecture": "amd64", "base": {"name": "", "channel": ""}}
HISTORY = {"size": 0, "filter": {"size": 20, "date": None, "delta": None, "exclude": []}}
NOBODY = "model-00000000-0000-4000-8000-000000000000"

READS = [
    status_of(), status_of("web"), status_of("db/0"), status_of("nothing"), status_of("0"),
    call("", "ModelManager", "ListModels", {"tag": "user-admin"}),
    call("", "ModelManager", "ListModels", {"tag": "nonsense"}, "of nobody"),
    call("", "ModelManager", "ListModelSummaries", {"user-tag": "user-admin", "all": True}),
    call("", "ModelManager", "ListModelSummaries", {"user-tag": "user-reader", "all": False}, "of reader"),
    call("", "ModelManager", "ModelInfo", entities("model-{model:prod}", "model-{model:staging}")),
    call("", "ModelManager", "ModelInfo", entities(NOBODY, "nonsense"), "unknown"),
    call("", "ModelManager", "ModelStatus", entities("model-{model:prod}", NOBODY)),
    call("", "Controller", "AllModels"), call("", "Controller", "ControllerVersion"), call("", "Controller", "ModelStatus", entities("model-{model:prod}")),
    call("", "Controller", "GetControllerAccess", entities("user-admin", "user-reader", "user-nobody")),
    call("", "Controller", "ListBlockedModels"), call("", "Controller", "IdentityProviderURL"),
    call("", "Cloud", "Clouds"), call("", "Cloud", "Cloud", entities("cloud-dummy", "cloud-nothing")),
    call("", "Cloud", "UserCredentials", {"user-clouds": [{"user-tag": "user-admin", "cloud-tag": "cloud-dummy"}]}),
    call("", "UserManager", "UserInfo", {"entities": None, "include-disabled": True}),
    call("", "UserManager", "UserInfo", entities("user-reader", "user-nobody") | {"include-disabled": False}, "by tag"),
    call("", "UserManager", "ModelUserInfo", entities("model-{model:prod}")),
    call("", "ApplicationOffers", "ListApplicationOffers", {"Filters": [{"owner-name": "admin", "model-name": "prod"}]}),
    call("", "ApplicationOffers", "ListApplicationOffers", {"Filters": []}, "without filter"),
    call("", "ApplicationOffers", "FindApplicationOffers", {"Filters": [{"owner-name": "admin", "model-name": "prod"}]}),
    call("", "ApplicationOffers", "ApplicationOffers", {"offer-urls": ["admin/prod.shop-database", "admin/prod.nothing", "nonsense"], "bakery-version": 3}),
    call("prod", "Application", "Get", {"application": "web", "branch": "master"}),
    call("prod", "Application", "Get", {"application": "nothing", "branch": "master"}, "unknown"),
    call("prod", "Application", "ApplicationsInfo", entities("application-web", "application-watch", "application-nothing", "unit-web-0", "nonsense")),
    call("prod", "Application", "UnitsInfo", entities("unit-web-0", "unit-db-1", "unit-nothing-0", "application-db", "application-nothing")),
    call("prod", "Application", "GetConstraints", entities("application-web", "application-nothing")),
    call("prod", "Application", "GetConfig", entities("application-web", "application-nothing")),
    call("prod", "Application", "CharmConfig", {"args": [{"application": "web", "branch": "master"}, {"application": "nothing", "branch": "master"}]}),
    call("prod", "Application", "GetCharmURLOrigin", {"application": "web", "branch": "master"}),
    call("prod", "Application", "Leader", {"tag": "application-db"}), call("prod", "Application", "Leader", {"tag": "application-nothing"}, "unknown"),
    call("prod", "Application", "CharmRelations", {"application": "web"}),
    call("prod", "Charms", "ResolveCharms", {"resolve": [{"reference": "ch:postgresql", "charm-origin": ORIGIN}, {"reference": "ch:nothing-like-this", "charm-origin": ORIGIN}]}),
    call("prod", "Charms", "List", {"names": None}),
    call("prod", "Client", "StatusHistory", {"requests": [HISTORY | {"historyKind": "workload", "tag": "unit-nothing-0"}, HISTORY | {"historyKind": "bad", "tag": "unit-web-0"}]}),
    call("prod", "ModelConfig", "ModelGet"), call("prod", "ModelConfig", "GetModelConstraints"), call("prod", "ModelConfig", "Sequences"),
    call("prod", "Action", "ApplicationsCharmsActions", entities("application-web", "application-cache", "application-nothing")),
    call("prod", "Action", "ListOperations", {}), call("prod", "Action", "Operations", entities("operation-99")),
    call("prod", "Action", "Actions", entities("action-99", "nonsense")),
    call("prod", "Annotations", "Get", entities("application-web", "application-nothing")),
    call("prod", "Block", "List"), call("prod", "Spaces", "ListSpaces"), call("prod", "Subnets", "ListSubnets", {}),
    call("prod", "Storage", "ListStorageDetails", {"filters": [{}]}), call("prod", "Storage", "ListPools", {"filters": [{}]}),
    call("prod", "Secrets", "ListSecrets", {"show-secrets": False, "filter": {}}),
    call("k8s", "Client", "FullStatus", {"patterns": None}, "of a cluster"), call("k8s", "Client", "FullStatus", {"patterns": ["ledger"]}, "of a cluster with a pattern"),
    call("k8s", "Application", "ApplicationsInfo", entities("application-gateway"), "of a cluster"), call("k8s", "Application", "UnitsInfo", entities("unit-ledger-0"), "of a cluster"),
    call("k8s", "Application", "Get", {"application": "gateway", "branch": "master"}, "of a cluster"), call("k8s", "ModelConfig", "ModelGet", note="of a cluster"),
    call("k8s", "Storage", "ListStorageDetails", {"filters": [{}]}, "of a cluster"), call("k8s", "Storage", "ListFilesystems", {"filters": [{}]}, "of a cluster"),
    call("k8s", "Storage", "ListVolumes", {"filters": [{}]}, "of a cluster"), call("k8s", "Resources", "ListResources", entities("application-ledger"), "of a cluster"),
    call("k8s", "Spaces", "ListSpaces", note="of a cluster"), call("k8s", "MachineManager", "AddMachines", {"params": [{"jobs": ["JobHostUnits"]}]}, "of a cluster"),
    call("", "ModelManager", "ModelInfo", entities("model-{model:k8s}"), "of a cluster"),
    call("", "ModelManager", "ModelDefaultsForClouds", entities("cloud-microk8s", "cloud-nothing")),
    call("", "Cloud", "CloudInfo", entities("cloud-dummy", "cloud-nothing")),
    call("", "Cloud", "CredentialContents", {"credentials": [{"cloud-name": "dummy", "credential-name": "cred"}, {"cloud-name": "dummy", "credential-name": "nothing"}], "include-secrets": False}),
    call("", "SecretBackends", "ListSecretBackends", {"names": None, "reveal": False}),
    call("prod", "Payloads", "List", {"patterns": None}), call("prod", "Bundle", "ExportBundle", {}), call("k8s", "Bundle", "ExportBundle", {}, "of a cluster"),
    everything_in("prod", "of prod"), everything_in("k8s", "of a cluster"), everything_in("prod", "of prod", user="reader"),
    call("prod", "KeyManager", "ListKeys", {"entities": entities("admin"), "mode": True}),
    call("prod", "Resources", "ListResources", entities("application-web", "application-nothing")),
]

WRONG = [
    call("prod", "Nothing", "AtAll"), call("prod", "Client", "NoSuchMethod"), call("prod", "ModelManager", "ListModels", {"tag": "user-admin"}, "on a model"),
    call("", "Application", "Get", {"application": "web"}, "on the controller"), call("prod", "AllWatcher", "Next"),
    call("prod", "Application", "AddUnits", {"application": 7}, "with a number for a name"),
    call("prod", "Application", "AddUnits", {"application": "nothing", "num-units": 1}, "unknown"),
    call("prod", "Application", "AddUnits", {"application": "web", "num-units": 0}, "none"),
    call("prod", "Application", "AddUnits", {"application": "watch", "num-units": 1}, "subordinate"),
    call("prod", "Application", "AddRelation", {"endpoints": ["web", "nothing"]}, "unknown"),
    call("prod", "Application", "AddRelation", {"endpoints": ["db", "cache"]}, "without a match"),
    call("prod", "Application", "AddRelation", {"endpoints": ["db:server", "web:db"]}, "again"),
    call("prod", "Application", "DestroyRelation", {"endpoints": ["db", "cache"]}, "unknown"),
    call("prod", "Application", "SetConfigs", {"Args": [{"application": "web", "generation": "master", "config": {"workers": "many"}, "config-yaml": ""}]}, "of a wrong type"),
    call("prod", "Application", "SetConfigs", {"Args": [{"application": "web", "generation": "master", "config": {"nothing": "x"}, "config-yaml": ""}]}, "unknown"),
    call("prod", "Application", "Expose", {"application": "nothing", "exposed-endpoints": {}}, "unknown"),
    call("prod", "Application", "Expose", {"application": "web", "exposed-endpoints": {"nothing": {"expose-to-spaces": None, "expose-to-cidrs": None}}}, "of an unknown endpoint"),
    call("prod", "Application", "Unexpose", {"application": "nothing", "exposed-endpoints": None}, "unknown"),
    call("prod", "Application", "DestroyUnit", {"units": [{"unit-tag": "unit-nothing-0"}, {"unit-tag": "unit-watch-0"}, {"unit-tag": "nonsense"}]}, "unknown"),
    call("prod", "Application", "DestroyApplication", {"applications": [{"application-tag": "application-nothing"}]}, "unknown"),
    call("prod", "Application", "ResolveUnitErrors", {"all": False, "retry": True, "tags": entities("unit-web-0", "unit-nothing-0")}, "without error"),
    call("prod", "Application", "SetConstraints", {"application": "nothing", "constraints": {"mem": 4096}}, "unknown"),
    call("prod", "Application", "ScaleApplications", {"applications": [{"application-tag": "application-web", "scale": 2}]}, "on machines"),
    call("prod", "MachineManager", "DestroyMachineWithParams", {"machine-tags": ["machine-99", "nonsense"], "force": False, "keep": False, "dry-run": True}, "unknown"),
    call("prod", "Application", "MergeBindings", {"args": [{"application-tag": "application-web", "bindings": {"nothing": "alpha"}}, {"application-tag": "application-web", "bindings": {"db": "nothing"}}, {"application-tag": "application-nothing", "bindings": {}}]}, "unknown"),
    call("prod", "Application", "SetRelationsSuspended", {"args": [{"relation-id": 1, "suspended": True}, {"relation-id": 99, "suspended": True}]}, "within a model"),
    call("prod", "Application", "UpdateApplicationBase", {"args": [{"tag": {"tag": "application-web"}, "channel": "20.04"}]}, "without support"),
    call("prod", "MachineManager", "RetryProvisioning", {"machines": ["machine-1", "machine-99"], "all": False}),
    call("prod", "KeyManager", "AddKeys", {"user": "admin", "ssh-keys": ["rubbish"]}, "of rubbish"), call("prod", "KeyManager", "DeleteKeys", {"user": "admin", "ssh-keys": ["nothing"]}, "unknown"),
    call("k8s", "Storage", "Remove", {"storage": [{"tag": "storage-books-0"}, {"tag": "storage-books-9"}]}, "attached"),
    call("", "ApplicationOffers", "ModifyOfferAccess", {"changes": [{"user-tag": "user-reader", "action": "grant", "access": "read", "offer-url": "admin/prod.shop-database"}, {"user-tag": "user-nobody", "action": "grant", "access": "read", "offer-url": "admin/prod.shop-database"}, {"user-tag": "user-reader", "action": "grant", "access": "read", "offer-url": "admin/prod.nothing"}]}, "again"),
    call("k8s", "Application", "ScaleApplications", {"applications": [{"application-tag": "application-gateway", "scale": -1}, {"application-tag": "application-nothing", "scale": 1}]}, "wrongly"),
    call("prod", "ModelConfig", "ModelSet", {"config": {"agent-version": "9.9.9"}}, "of what is fixed"),
    call("prod", "ModelConfig", "ModelSet", {"config": {"update-status-hook-interval": "often"}}, "of no time"),
    call("prod", "ModelConfig", "ModelSet", {"config": {"logging-config": "<root>=NONSENSE"}}, "of a wrong value"),
    call("prod", "Action", "EnqueueOperation", {"actions": [{"receiver": "unit-web-0", "name": "nothing"}, {"receiver": "unit-nothing-0", "name": "restart"}]}, "unknown"),
    call("", "ModelManager", "CreateModel", {"name": "prod", "owner-tag": "user-admin", "cloud-tag": "cloud-dummy"}, "again"),
    call("", "ModelManager", "CreateModel", {"name": "Bad Name", "owner-tag": "user-admin", "cloud-tag": "cloud-dummy"}, "of a bad name"),
    call("", "ModelManager", "DestroyModels", {"models": [{"model-tag": NOBODY}]}, "unknown"),
    call("", "ApplicationOffers", "Offer", {"Offers": [{"model-tag": "model-{model:prod}", "offer-name": "x", "application-name": "nothing", "application-description": "", "endpoints": {"a": "a"}}]}, "unknown"),
    call("", "ApplicationOffers", "DestroyOffers", {"force": False, "offer-urls": ["admin/prod.nothing"]}, "unknown"),
]

READER = [call(c["model"], c["facade"], c["method"], c["params"], user="reader") for c in [
    call("prod", "Client", "FullStatus", {"patterns": ["cache"]}),
    call("prod", "Application", "AddUnits", {"application": "web", "num-units": 1}),
    call("prod", "Application", "SetConfigs", {"Args": []}), call("prod", "ModelConfig", "ModelSet", {"config": {}}),
    call("prod", "Application", "DestroyApplication", {"applications": []}), call("prod", "MachineManager", "AddMachines", {"params": []}),
    call("", "ModelManager", "ModelInfo", entities("model-{model:prod}", "model-{model:staging}")),
    call("", "ModelManager", "ListModels", {"tag": "user-admin"}), call("", "UserManager", "UserInfo", {"entities": None, "include-disabled": False}),
]]

WRITES = [
    call("prod", "Application", "SetConfigs", {"Args": [{"application": "web", "generation": "master", "config": {"title": "Shop", "workers": "8"}, "config-yaml": ""}]}),
    call("prod", "Application", "Get", {"application": "web", "branch": "master"}, "after SetConfigs"),
    call("prod", "Application", "UnsetApplicationsConfig", {"Args": [{"application": "web", "branch": "master", "options": ["title"]}]}),
    call("prod", "Application", "Get", {"application": "web", "branch": "master"}, "after UnsetApplicationsConfig"),
    call("prod", "Application", "SetConstraints", {"application": "web", "constraints": {"mem": 4096, "cores": 2}}),
    call("prod", "Application", "GetConstraints", entities("application-web"), "after SetConstraints"),
    call("prod", "Application", "Expose", {"application": "cache", "exposed-endpoints": None}), call("prod", "Application", "Unexpose", {"application": "cache", "exposed-endpoints": None}),
    call("prod", "Application", "Unexpose", {"application": "cache", "exposed-endpoints": None}, "again"),
    call("prod", "Application", "ResolveUnitErrors", {"all": False, "retry": True, "tags": entities("unit-web-2")}),
    call("prod", "Application", "AddUnits", {"application": "cache", "num-units": 2, "placement": None}), ("settle", "prod"),
    status_of("cache", note="after AddUnits"),
    call("prod", "Application", "DestroyUnit", {"units": [{"unit-tag": "unit-cache-2", "dry-run": True}]}, "only asked"),
    call("prod", "Application", "DestroyUnit", {"units": [{"unit-tag": "unit-cache-2"}]}), ("settle", "prod"), status_of("cache", note="after DestroyUnit"),
    call("prod", "Application", "DestroyRelation", {"endpoints": ["web", "proxy"]}), ("settle", "prod"),
    call("prod", "Application", "AddRelation", {"endpoints": ["web", "proxy"]}), ("settle", "prod"), status_of("web", "proxy", note="related again"),
    call("prod", "MachineManager", "AddMachines", {"params": [{"jobs": ["JobHostUnits"], "constraints": {"mem": 2048}}]}), ("settle", "prod"),
    call("prod", "MachineManager", "DestroyMachineWithParams", {"machine-tags": ["machine-1"], "force": False, "keep": False, "dry-run": True}, "only asked"),
    call("prod", "Action", "EnqueueOperation", {"actions": [{"receiver": "unit-web-0", "name": "restart", "parameters": {"graceful": True}}]}),
    ("settle", "prod"), call("prod", "Action", "Operations", entities("operation-1"), "after EnqueueOperation"),
    call("prod", "Action", "Run", {"commands": "uptime", "timeout": 60000000000, "applications": None, "units": ["web/0"], "machines": None}),
    call("prod", "ModelConfig", "ModelSet", {"config": {"update-status-hook-interval": "10m"}}),
    call("prod", "ModelConfig", "ModelUnset", {"keys": ["update-status-hook-interval"]}),
    call("k8s", "Application", "ScaleApplications", {"applications": [{"application-tag": "application-ledger", "scale": 2}]}), ("settle", "k8s"),
    call("k8s", "Client", "FullStatus", {"patterns": ["ledger"]}, "after ScaleApplications"),
    call("k8s", "Application", "ScaleApplications", {"applications": [{"application-tag": "application-ledger", "scale-change": -1}]}, "down"), ("settle", "k8s"),
    call("k8s", "Client", "FullStatus", {"patterns": ["ledger"]}, "after ScaleApplications down"), call("k8s", "Storage", "ListStorageDetails", {"filters": [{}]}, "after ScaleApplications down"),
    call("", "ApplicationOffers", "ModifyOfferAccess", {"changes": [{"user-tag": "user-reader", "action": "grant", "access": "consume", "offer-url": "admin/prod.shop-database"}]}),
    call("", "ApplicationOffers", "ModifyOfferAccess", {"changes": [{"user-tag": "user-reader", "action": "revoke", "access": "consume", "offer-url": "admin/prod.shop-database"}]}, "back"),
    call("", "ApplicationOffers", "ApplicationOffers", {"offer-urls": ["admin/prod.shop-database"], "bakery-version": 3}, "after ModifyOfferAccess"),
    call("", "ModelManager", "SetModelDefaults", {"config": [{"cloud-tag": "cloud-dummy", "config": {"update-status-hook-interval": "9m"}}]}),
    call("", "ModelManager", "ModelDefaultsForClouds", entities("cloud-dummy"), "after SetModelDefaults"),
    call("", "ApplicationOffers", "Offer", {"Offers": [{"model-tag": "model-{model:prod}", "offer-name": "site", "application-name": "web", "application-description": "", "endpoints": {"website": "website"}}]}),
    call("", "ApplicationOffers", "ApplicationOffers", {"offer-urls": ["admin/prod.site"], "bakery-version": 3}, "after Offer"),
    call("", "ApplicationOffers", "DestroyOffers", {"force": False, "offer-urls": ["admin/prod.site"]}),
    call("prod", "Application", "DeployFromRepository", {"Args": [{"CharmName": "postgresql", "ApplicationName": "pg", "Cons": {}, "DryRun": True, "num-units": 1}]}, "only asked"),
    call("prod", "Application", "DeployFromRepository", {"Args": [{"CharmName": "postgresql", "ApplicationName": "pg", "Cons": {}, "num-units": 1}]}),
    ("settle", "prod"), status_of("pg", note="after DeployFromRepository"),
    call("prod", "Application", "DestroyApplication", {"applications": [{"application-tag": "application-pg", "destroy-storage": False, "force": False, "dry-run": True}]}, "only asked"),
    call("prod", "Application", "DestroyApplication", {"applications": [{"application-tag": "application-pg"}]}), ("settle", "prod"),
    call("", "ModelManager", "CreateModel", {"name": "fresh", "owner-tag": "user-admin", "cloud-tag": "cloud-dummy", "credential": "cloudcred-dummy_admin_cred"}),
    call("", "ModelManager", "DestroyModels", {"models": [{"model-tag": "model-{model:fresh}"}]}),
]

CALLS = READS + WRONG + READER + WRITES
