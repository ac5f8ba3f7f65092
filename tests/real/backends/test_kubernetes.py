"""The tools of Kubernetes: their answers equal the API's own, a diagnosis finds what was planted, and a role of one namespace sees nothing else."""
import collections
import json
import re
import threading
import time

import kubernetes_cluster as k8s
import pytest
import real_backends
import yaml
from conftest import eventually
from real_backends import ask, ask_json

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")

SHOP_UUID, CONTROLLER_UUID = "11111111-1111-4111-8111-111111111111", "33333333-3333-4333-8333-333333333333"
CANARY = "canary-of-another-namespace"
SECRET_CANARY = "a-secret-canary-value"
# an approver would have to approve each destructive call
POLICY = {"disabled_rules": ["approve-destructive"], "roles": {"shop-only": {"description": "One namespace.", "allow": [{"toolsets": "kubernetes", "models": "web"}]}}}

World = collections.namedtuple("World", "cluster served log")


def plant(cluster):
    """Three nodes and 45 pods in six namespaces; one workload crashes, one has no node, one has no limits."""
    cluster.apply(*(k8s.node(f"node-{number}", labels={"node-role.kubernetes.io/worker": ""}) for number in (1, 2, 3)))
    for number in (1, 2, 3):
        cluster.patch_status(f"/api/v1/nodes/node-{number}", k8s.node_status())
    cluster.apply(k8s.juju_namespace("shop", "shop", SHOP_UUID, CONTROLLER_UUID), *(k8s.namespace(name) for name in ("web", "jobs", "data", "tools", CANARY)))
    cluster.apply(
        k8s.workload("Deployment", "frontend", "web", 3), k8s.workload("Deployment", "payments", "web", 1),
        k8s.workload("Deployment", "search", "web", 1, spec=k8s.pod_spec(node_name=None)),
        k8s.workload("Deployment", "batch", "jobs", 2, spec=k8s.pod_spec(resources={})),
        k8s.workload("Deployment", "worker", "jobs", 10), k8s.workload("StatefulSet", "cache", "data", 8, spec=k8s.pod_spec("node-2")),
        k8s.workload("Deployment", "console", "tools", 9, spec=k8s.pod_spec("node-3")), k8s.workload("Deployment", "other", CANARY, 7),
        k8s.juju_application("db", "shop", 3, SHOP_UUID, CONTROLLER_UUID), k8s.pod("web-1", "web"))
    cluster.apply(k8s.service("frontend", "web"), k8s.service("payments", "web", "NodePort"), k8s.service("search", "web", "LoadBalancer"),
                  k8s.service("other", CANARY))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": k8s.metadata("login", "web"), "stringData": {"user": SECRET_CANARY}}
    env = {"name": "app", "image": "i", "resources": k8s.LIMITED, "env": [{"name": "DB_PASSWORD", "value": SECRET_CANARY}, {"name": "MODE", "value": "fast"}]}
    cluster.apply(secret, k8s.pod("with-password", "tools", {"containers": [env], "nodeName": "node-3"}))
    for space, count in (("shop", 3), ("jobs", 12), ("data", 8), ("tools", 10), (CANARY, 7)):
        cluster.pods(space, count)
    (payments,) = cluster.pods("web", 1, "app=payments")
    k8s.crash(cluster, payments)
    (search,) = eventually("the pod without a node is there", lambda: cluster.items("/api/v1/namespaces/web/pods?labelSelector=app=search"))
    k8s.leave_unscheduled(cluster, search)
    cluster.apply(k8s.event("payments-1", "web", payments, "BackOff", "Back-off restarting failed container", 9, at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())),
                  k8s.event("other-1", CANARY, cluster.items(f"/api/v1/namespaces/{CANARY}/pods")[0], "Odd", f"an event of {CANARY}", kind="Normal"))
    cluster.apply(k8s.custom_kind("shop.example", "carts", "Cart", "v1", columns=[{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]))
    eventually("carts are served", lambda: "items" in cluster.call("GET", "/apis/shop.example/v1/carts", ok=False))
    cluster.apply({"apiVersion": "shop.example/v1", "kind": "Cart", "metadata": k8s.metadata("first", "web"), "spec": {"size": 7}})
    k8s.add_metrics(cluster, {"node-1": ("500m", "2Gi"), "node-2": ("3", "1Gi"), "node-3": ("100m", "512Mi")}, {("web", "web-1"): ("20m", "30Mi")})
    eventually("the workloads have settled", lambda: all(
        one["status"].get("readyReplicas", 0) == one["spec"]["replicas"]
        for one in cluster.items("/apis/apps/v1/deployments") if one["metadata"]["name"] not in ("payments", "search")))
    # the API server warns about its own service while it starts
    cluster.call("DELETE", "/api/v1/namespaces/default/events")


@pytest.fixture(scope="module")
def sim_kubernetes(tmp_path_factory):
    """The simulated controller beside the cluster."""
    with real_backends.juju_mcp(tmp_path_factory.mktemp("sim"), "sim", "--scenario", "shop") as ready:
        yield ready


@pytest.fixture(scope="module")
def world(tmp_path_factory, sim_kubernetes):
    """The cluster with what is planted, and our server."""
    folder = tmp_path_factory.mktemp("kubernetes")
    log = folder / "web-1.log"
    log.write_text("".join(f"2026-11-28T08:00:{second:02}.000000000Z stdout F line {second}\n" for second in range(30))
                   + "2026-11-28T08:00:30.000000000Z stderr F error: disk full password=hunter2\n")
    log.with_name(log.name + ".previous").write_text("2026-11-28T07:00:00.000000000Z stdout F the end of the previous run\n")
    with k8s.cluster(folder / "cluster", [("web", "web-1", "app", log)]) as cluster:
        plant(cluster)
        sections = {"kubernetes": {"enabled": True, "kubeconfig_path": str(cluster.kubeconfig), "namespace": "web"}}
        with real_backends.server(folder / "server", sections, sim_kubernetes, POLICY, ("admin", "viewer", "shop-only")) as served:
            yield World(cluster, served, log)


def by_name(answer):
    """The rows of an answer by namespace and name."""
    return {(row.get("namespace", ""), row["name"]): row for row in answer["items"]}


def write(served, tool, arguments):
    """The answer of a tool that changes something, which is YAML."""
    return yaml.safe_load(ask(served, tool, arguments))


def test_pods_equal_those_of_kubectl_with_unhealthy_ones_first(world):
    answer = ask_json(world.served, "list_pods", {"limit": 0})
    rows = by_name(answer)
    expected = {(pod["metadata"]["namespace"], pod["metadata"]["name"]): pod for pod in world.cluster.items("/api/v1/pods")}
    assert rows.keys() == expected.keys() and len(rows) == 45 + 1
    for space in {space for space, _ in expected}:
        for name, cells in world.cluster.table(f"/api/v1/namespaces/{space}/pods").items():
            row = rows[space, name]
            assert (row["ready"], row["status"], str(row["restarts"])) == (cells["Ready"], cells["Status"], cells["Restarts"].split(" ")[0]), (name, cells)
            assert row["node"] == (cells["Node"] if cells["Node"] != "<none>" else "")
    assert answer["namespaces"] == 6 and answer["healthy"] == 44
    assert {row["status"] for row in answer["items"][:2]} == {"CrashLoopBackOff", "Pending"}
    assert {rows["shop", f"db-{number}"]["unit"] for number in range(3)} == {"db/0", "db/1", "db/2"}
    text = ask(world.served, "list_pods", {"namespace": "shop"})
    assert "db/1" in text and "3 pods in 1 namespaces: 3 healthy, 0 not" in text, text
    selected = ask_json(world.served, "list_pods", {"label_selector": "app=frontend"})["items"]
    assert len(selected) == 3 and {row["workload"] for row in selected} == {"Deployment/frontend"}


def test_other_lists_equal_the_api(world):
    cluster, served = world.cluster, world.served
    deployments = by_name(ask_json(served, "list_deployments"))
    for one in cluster.items("/apis/apps/v1/deployments") + cluster.items("/apis/apps/v1/statefulsets"):
        row = deployments.pop((one["metadata"]["namespace"], one["metadata"]["name"]))
        status = one["status"]
        assert (row["desired"], row["ready"], row["available"]) == (one["spec"]["replicas"], status.get("readyReplicas", 0), status.get("availableReplicas", 0))
        assert row["application"] == ("db" if row["name"] == "db" else None)
    assert not deployments
    services = by_name(ask_json(served, "list_services", {"namespace": "web"}))
    assert {name: row["type"] for (_, name), row in services.items()} == {"frontend": "ClusterIP", "payments": "NodePort", "search": "LoadBalancer"}
    assert services["web", "frontend"]["ready_endpoints"] == 3
    port = cluster.get("/api/v1/namespaces/web/services/payments")["spec"]["ports"][0]["nodePort"]
    assert services["web", "payments"]["ports"] == [f"80:{port}/TCP"]
    spaces = {row["name"]: row for row in ask_json(served, "list_namespaces")["items"]}
    assert spaces.keys() == {one["metadata"]["name"] for one in cluster.items("/api/v1/namespaces")}
    assert spaces["shop"]["juju"] == {"model": "shop", "model_uuid": SHOP_UUID, "controller_uuid": CONTROLLER_UUID} and spaces["web"]["juju"] is None


def test_cluster_nodes_and_usage_equal_the_api(world):
    cluster, served = world.cluster, world.served
    info = ask_json(served, "get_cluster_info")
    counts = {row["kind"]: row["count"] for row in info["items"]}
    assert info["version"] == cluster.get("/version")["gitVersion"] == "v1.36.3" and info["endpoint"].rstrip("/") == cluster.url
    paths = {"Node": "/api/v1/nodes", "Pod": "/api/v1/pods", "Service": "/api/v1/services", "Deployment": "/apis/apps/v1/deployments", "Namespace": "/api/v1/namespaces"}
    assert {kind: counts[kind] for kind in paths} == {kind: len(cluster.items(path)) for kind, path in paths.items()}
    assert [model["model"] for model in info["juju_models"]] == ["shop"]
    nodes = {row["name"]: row for row in ask_json(served, "get_node_status")["items"]}
    for name, cells in cluster.table("/api/v1/nodes").items():
        assert (nodes[name]["status"], ",".join(nodes[name]["roles"])) == (cells["Status"], cells["Roles"])
        assert nodes[name]["allocatable"]["memory"] == "8Gi"
    assert [row["name"] for row in ask_json(served, "get_node_status", {"node": "node-2"})["items"]] == ["node-2"]
    usage = {(row["what"], row["name"]): row for row in ask_json(served, "get_resource_usage")["items"]}
    on_second = [pod for pod in cluster.items("/api/v1/pods") if pod["spec"].get("nodeName") == "node-2"]
    row = usage["node", "node-2"]
    assert row["pods"] == len(on_second) == 8 and round(row["requests"]["cpu"], 6) == 0.8 and row["limits"]["memory"] == 8 * 128 * 2**20
    assert row["used"] == {"cpu": 3.0, "memory": 2.0**30} and row["allocatable"] == {"cpu": 4.0, "memory": 8 * 2.0**30}
    assert usage["namespace", "web"]["used"]["cpu"] == 0.02


def test_diagnosis_finds_exactly_what_was_planted_with_a_reproducible_score(world):
    answer = ask_json(world.served, "diagnose_cluster")
    found = {(row["severity"], row["kind"], row["namespace"], row["object"]) for row in answer["items"]}
    assert found == {("critical", "crash_loop", "web", "Deployment/payments"), ("critical", "unschedulable", "web", "Deployment/search"),
                     ("info", "no_limits", "jobs", "Deployment/batch")}
    assert answer["score"] == 100 - 2 * 20 - 1 and "20 for each critical" in answer["formula"]
    assert all(row["recommendation"] and row["evidence"] for row in answer["items"])
    crash = next(row for row in answer["items"] if row["kind"] == "crash_loop")
    assert any("exit code 3" in line for line in crash["evidence"]) and any("BackOff" in line for line in crash["evidence"])
    assert ask_json(world.served, "diagnose_cluster")["items"] == answer["items"]
    assert ask_json(world.served, "diagnose_cluster", {"namespace": "tools"})["score"] == 100


def test_pod_is_described_with_its_events_and_without_passwords(world):
    (payments,) = world.cluster.items("/api/v1/namespaces/web/pods?labelSelector=app=payments")
    name = payments["metadata"]["name"]
    description = ask_json(world.served, "describe_pod", {"name": name, "namespace": "web"})
    container = description["containers"][0]
    assert (description["status"], container["image"], container["restarts"], container["last_state"]["terminated"]["exitCode"]) == ("CrashLoopBackOff", "registry.example/app:1", 7, 3)
    assert any("BackOff" in event for event in description["events"])
    events = ask_json(world.served, "get_pod_events", {"name": name, "namespace": "web"})["items"]
    assert [(event["reason"], event["count"]) for event in events] == [("BackOff", 9)]
    text = ask(world.served, "describe_pod", {"name": "with-password", "namespace": "tools"})
    assert SECRET_CANARY not in text and "fast" in text and "DB_PASSWORD" in text
    assert "there is no Pod `nope` in the namespace web" in ask(world.served, "describe_pod", {"name": "nope"}, fails=True)


def test_secret_values_appear_in_no_answer(world):
    for tool, arguments in (("k8s_get", {"kind": "secret", "name": "login"}), ("k8s_list", {"kind": "secrets", "namespace": "web", "wide": True}),
                            ("k8s_get", {"kind": "pod", "name": "with-password", "namespace": "tools"})):
        for form in ("concise", "detailed", "json"):
            text = ask(world.served, tool, arguments | {"format": form})
            assert SECRET_CANARY not in text and "YS1zZWNyZXQtY2FuYXJ5" not in text, text
    assert '"user":"(masked)"' in ask(world.served, "k8s_get", {"kind": "secret", "name": "login", "format": "json"})


def test_logs_have_containers_tails_previous_runs_and_filters(world):
    def lines(**arguments):
        return [row["message"] for row in ask_json(world.served, "get_pod_logs", {"name": "web-1", "namespace": "web"} | arguments)["items"]]
    assert len(lines()) == 31 and lines(tail_lines=2)[0] == "line 29"
    assert "hunter2" not in lines(tail_lines=1)[0] and "error: disk full" in lines(contains="error:")[0]
    assert lines(contains="line 7") == ["line 7"]
    assert lines(previous=True) == ["the end of the previous run"]
    text = ask(world.served, "get_pod_logs", {"name": "web-1", "tail_lines": 3})
    assert re.search(r"08:00:30 error: disk full", text), text
    assert "name one of: app" in ask(world.served, "get_pod_logs", {"name": "web-1", "container": "nope"}, fails=True)


def test_followed_log_has_a_new_line_within_a_second(world):
    begun, times = time.monotonic(), {}

    def write():
        time.sleep(1.5)
        times["written"] = time.monotonic()
        with open(world.log, "a") as log:
            log.write("2026-11-28T08:01:00.000000000Z stdout F a new line\n")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        answer = ask_json(world.served, "get_pod_logs", {"name": "web-1", "tail_lines": 1, "follow": "3s"})
    finally:
        writer.join()
    assert [row["message"] for row in answer["items"]][-1] == "a new line", answer
    assert time.monotonic() - begun >= 3


def test_custom_kinds_have_the_columns_of_kubectl(world):
    text = ask(world.served, "k8s_list", {"kind": "carts"})
    assert re.search(r"NAMESPACE\s+NAME\s+SIZE", text) and re.search(r"web\s+first\s+7", text), text
    for wanted in ("deploy", "deployments.apps", "apps/v1/Deployment"):
        rows = ask_json(world.served, "k8s_list", {"kind": wanted, "namespace": "web"})["items"]
        expected = world.cluster.table("/apis/apps/v1/namespaces/web/deployments")
        assert {row["name"]: row["ready"] for row in rows} == {name: cells["Ready"] for name, cells in expected.items()}
    assert ask_json(world.served, "k8s_get", {"kind": "cart", "name": "first"})["spec"] == {"size": 7}
    assert "serves no kind `nonsense`" in ask(world.served, "k8s_list", {"kind": "nonsense"}, fails=True)


def test_scale_is_shown_first_and_verified_afterwards(world):
    arguments = {"kind": "deployment", "name": "frontend", "namespace": "web", "replicas": 4}
    shown = ask(world.served, "k8s_scale", arguments | {"dry_run": True})
    assert '"from":3,"to":4' in shown, shown
    assert world.cluster.get("/apis/apps/v1/namespaces/web/deployments/frontend")["spec"]["replicas"] == 3
    ask(world.served, "k8s_scale", arguments)
    status = ask_json(world.served, "k8s_rollout_status", {"kind": "deployment", "name": "frontend", "namespace": "web", "timeout": "60s"})
    assert status["progress"] == "complete" and status["message"] == 'deployment "frontend" successfully rolled out'
    assert len(world.cluster.pods("web", 4, "app=frontend")) == 4
    ask(world.served, "k8s_scale", arguments | {"replicas": 3})
    eventually("three are left", lambda: len(world.cluster.items("/api/v1/namespaces/web/pods?labelSelector=app=frontend")) == 3)


def test_object_of_juju_is_not_changed_and_the_refusal_names_the_tool_of_juju(world):
    of_db = {"kind": "statefulset", "name": "db", "namespace": "shop"}
    before = world.cluster.get("/apis/apps/v1/namespaces/shop/statefulsets/db")["metadata"]["resourceVersion"]
    manifest = json.dumps({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}, "spec": {"replicas": 9}})
    for tool, arguments in (("k8s_scale", of_db | {"replicas": 5}), ("k8s_rollout_restart", of_db), ("k8s_patch", of_db | {"patch": {"spec": {"replicas": 9}}}),
                            ("k8s_apply", {"manifest": manifest, "namespace": "shop"})):
        for dry_run in (True, False):
            text = ask(world.served, tool, arguments | {"dry_run": dry_run}, fails=True)
            assert "Juju manages the StatefulSet `db`" in text and "juju_" in text.replace("juju_run_command", ""), text
    assert world.cluster.get("/apis/apps/v1/namespaces/shop/statefulsets/db")["metadata"]["resourceVersion"] == before


def test_apply_and_patch_list_the_fields_that_change(world):
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: fast}\n"
    arguments = {"manifest": manifest, "namespace": "tools"}
    assert "created" in ask(world.served, "k8s_apply", arguments | {"dry_run": True})
    assert world.cluster.call("GET", "/api/v1/namespaces/tools/configmaps/settings", ok=False)["code"] == 404
    assert write(world.served, "k8s_apply", arguments)["objects"] == [{"kind": "ConfigMap", "name": "settings", "result": "created", "namespace": "tools"}]
    shown = ask(world.served, "k8s_apply", arguments | {"manifest": manifest.replace("fast", "slow"), "dry_run": True})
    assert 'data.mode: "fast" -> "slow"' in shown.replace("\\", ""), shown
    patched = write(world.served, "k8s_patch", {"kind": "deployment", "name": "console", "namespace": "tools", "patch": {"spec": {"paused": True}}})
    assert patched["changes"] == ["spec.paused: true added"], patched
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: b}\n"
    assert "values of secrets are not written" in ask(world.served, "k8s_apply", {"manifest": secret, "namespace": "tools"}, fails=True)
    assert "juju-mcp" in {one["manager"] for one in world.cluster.get("/api/v1/namespaces/tools/configmaps/settings")["metadata"]["managedFields"]}


def test_pods_are_restarted_deleted_and_drained(world):
    cluster, served = world.cluster, world.served
    before = {pod["metadata"]["name"] for pod in cluster.pods("jobs", 10, "app=worker")}
    ask(served, "k8s_rollout_restart", {"kind": "deploy", "name": "worker", "namespace": "jobs"})
    ask(served, "k8s_rollout_status", {"kind": "deploy", "name": "worker", "namespace": "jobs", "timeout": "60s"})
    after = {pod["metadata"]["name"] for pod in cluster.pods("jobs", 10, "app=worker")}
    assert not before & after
    victim = sorted(after)[0]
    ask(served, "k8s_delete_pod", {"name": victim, "namespace": "jobs"})
    eventually("another pod replaces it", lambda: victim not in {pod["metadata"]["name"] for pod in cluster.pods("jobs", 10, "app=worker")})
    ask(served, "k8s_cordon", {"node": "node-3"})
    assert cluster.get("/api/v1/nodes/node-3")["spec"]["unschedulable"] is True
    ask(served, "k8s_cordon", {"node": "node-3", "uncordon": True})
    assert "unschedulable" not in cluster.get("/api/v1/nodes/node-3")["spec"]
    names = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in cluster.pods("data", 8)}
    refused = ask(served, "k8s_drain", {"node": "node-3"}, fails=True)
    assert "tools/with-password has no controller that replaces it: `force`" in refused, refused
    drained = write(served, "k8s_drain", {"node": "node-2"})
    assert len(drained["evicted"]) == 8 and not drained["blocked"]
    eventually("all are new", lambda: all(names.get(pod["metadata"]["name"]) != pod["metadata"]["uid"] for pod in cluster.items("/api/v1/namespaces/data/pods")))
    ask(served, "k8s_cordon", {"node": "node-2", "uncordon": True})


# Every tool with arguments that name the namespace of the role, the one of others, and none.
READS = ("list_pods", "list_deployments", "list_services", "diagnose_cluster", "get_resource_usage", "get_cluster_info", "k8s_events")


def test_role_of_one_namespace_sees_nothing_of_another_through_any_tool(world):
    other_pod = world.cluster.items(f"/api/v1/namespaces/{CANARY}/pods")[0]["metadata"]["name"]
    named = {"describe_pod": {"name": other_pod}, "get_pod_events": {"name": other_pod}, "get_pod_logs": {"name": other_pod},
             "k8s_get": {"kind": "pod", "name": other_pod}, "k8s_list": {"kind": "pods"}, "k8s_delete_pod": {"name": other_pod},
             "k8s_scale": {"kind": "deploy", "name": "other", "replicas": 1}, "k8s_rollout_restart": {"kind": "deploy", "name": "other"},
             "k8s_rollout_status": {"kind": "deploy", "name": "other"}, "k8s_patch": {"kind": "deploy", "name": "other", "patch": {"spec": {"paused": True}}},
             "k8s_apply": {"manifest": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"}} | {tool: {} for tool in READS}
    for tool, arguments in named.items():
        for space in ({"namespace": CANARY}, {}):
            text = ask(world.served, tool, arguments | space, "shop-only", fails=True)
            assert other_pod not in text.replace(f"`{other_pod}`", "") or "permission" in text.lower() or "not" in text, (tool, text)
            assert "event of" not in text
    for tool in READS:
        text = ask(world.served, tool, {"namespace": "web", "format": "json"}, "shop-only")
        assert CANARY not in text and "other" not in text and "node-2" not in text, (tool, text)
    smuggled = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x, namespace: {CANARY}}}\n"
    for tool, arguments in (("k8s_get", {"kind": "namespace", "name": CANARY}), ("k8s_list", {"kind": "namespaces"}), ("k8s_list", {"kind": "nodes"}),
                            ("get_node_status", {}), ("list_namespaces", {}), ("k8s_cordon", {"node": "node-1"}), ("k8s_drain", {"node": "node-1"}),
                            ("k8s_apply", {"manifest": smuggled}), ("k8s_get", {"kind": "pod", "name": f"../../{CANARY}/pods/{other_pod}"}),
                            ("k8s_apply", {"manifest": "apiVersion: v1\nkind: Namespace\nmetadata: {name: mine}\n"})):
        takes_none = tool in ("get_node_status", "list_namespaces", "k8s_cordon", "k8s_drain")
        text = ask(world.served, tool, arguments | ({} if takes_none else {"namespace": "web"}), "shop-only", fails=True)
        assert "node-2" not in text and "Active" not in text, (tool, text)
    assert world.cluster.call("GET", f"/api/v1/namespaces/{CANARY}/configmaps/x", ok=False)["code"] == 404


def test_viewer_reads_and_changes_nothing(world):
    assert ask_json(world.served, "list_pods", role="viewer")["namespaces"] == 6
    for tool, arguments in (("k8s_scale", {"kind": "deploy", "name": "frontend", "replicas": 1}), ("k8s_delete_pod", {"name": "web-1"}),
                            ("get_pod_logs", {"name": "web-1"}), ("k8s_get", {"kind": "secret", "name": "login"})):
        ask(world.served, tool, arguments, "viewer", fails=True)


def test_access_review_is_that_of_the_cluster(world):
    assert ask_json(world.served, "k8s_can_i", {"verb": "delete", "kind": "pods", "namespace": "web"})["allowed"] is True


def test_new_event_is_reported_within_its_time(world):
    pod = world.cluster.get("/api/v1/namespaces/web/pods/web-1") | {"apiVersion": "v1", "kind": "Pod"}
    planted = threading.Timer(1, lambda: world.cluster.apply(k8s.event("live-1", "web", pod, "Unhealthy", "probe failed", at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))))
    planted.start()
    try:
        answer = ask_json(world.served, "k8s_events", {"namespace": "web", "follow": "3s", "warnings_only": True})
    finally:
        planted.join()
    assert [event["reason"] for event in answer["items"]] == ["Unhealthy"]


def test_cluster_that_impersonates_applies_its_own_access_control(world, tmp_path, sim_kubernetes):
    sections = {"kubernetes": [{"name": "as-caller", "kubeconfig_path": str(world.cluster.kubeconfig), "impersonate": True}]}
    with real_backends.server(tmp_path / "server", sections, sim_kubernetes) as served:
        refused = ask(served, "list_pods", fails=True)
        user = re.search(r'User "([^"]+)"', refused.replace("\\", ""))
        assert user and user[1].startswith("token:admin:"), refused
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
        world.cluster.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "pods"}, "rules": rules},
                            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "pods"},
                             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "pods"},
                             "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user[1]}]})
        eventually("the binding is effective", lambda: "pods in" in ask_or_none(served, "list_pods"))
        assert "forbidden" in ask(served, "list_services", fails=True)


def ask_or_none(served, tool):
    """The text of an answer, refused or not."""
    return real_backends.text_of(real_backends.call(served.url, "juju_run_command", {"command": tool, "arguments": {}}, served.tokens["admin"]))
