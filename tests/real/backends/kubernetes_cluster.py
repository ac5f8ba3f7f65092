"""A Kubernetes cluster without machines for a block of a test: etcd, the API server and its controllers as they are, kwok as the kubelets."""
import base64
import contextlib
import copy
import dataclasses
import json
import pathlib

import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, required_path
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from ports import free_port
from real_backends import running

ADMIN_TOKEN = "a-token-of-the-administrator"
# the controllers that make pods of workloads and remove what has no owner; no other writes what a test plants
CONTROLLERS = "deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller,job-controller,garbage-collector-controller,namespace-controller,endpointslice-controller,disruption-controller"
LIMITED = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}}


@dataclasses.dataclass
class Cluster:
    """A running cluster."""

    url: str
    folder: pathlib.Path
    kubeconfig: pathlib.Path

    def call(self, method, path, body=None, content_type="application/json", ok=True, token=ADMIN_TOKEN, **headers):
        """The answer of the API server as JSON."""
        answer = requests.request(method, self.url + path, timeout=TEST_TIMEOUT, verify=False,
                                  data=None if body is None else json.dumps(body),
                                  headers={"Authorization": f"Bearer {token}", "Content-Type": content_type} | headers)
        assert not ok or answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def get(self, path):
        """An object or a list."""
        return self.call("GET", path)

    def items(self, path):
        """The objects of a list."""
        return self.get(path)["items"]

    def table(self, path):
        """The cells that `kubectl get` prints, by the name of the object."""
        table = self.call("GET", path, Accept="application/json;as=Table;v=v1;g=meta.k8s.io")
        names = [column["name"] for column in table["columnDefinitions"]]
        return {row["object"]["metadata"]["name"]: dict(zip(names, row["cells"])) for row in table["rows"]}

    def apply(self, *objects):
        """Creates objects, or replaces their fields."""
        for one in objects:
            self.call("PATCH", path_of(one) + "?fieldManager=test&force=true", one, "application/apply-patch+yaml")

    def patch_status(self, path, status):
        """Changes the status of an object, as its kubelet or controller would."""
        return self.call("PATCH", f"{path}/status", {"status": status}, "application/merge-patch+json")

    def pods(self, namespace, count, labels=""):
        """The pods of a namespace with these labels, once there are so many and all run."""
        def ready():
            found = self.items(f"/api/v1/namespaces/{namespace}/pods?labelSelector={labels}")
            return found if len(found) == count and all(pod["status"]["phase"] == "Running" for pod in found) else None
        return eventually(f"{count} pods {labels} in {namespace} run", ready)


PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"}
CLUSTER_KINDS = {"Node", "Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "NodeMetrics"}
KIND_PLURALS = {"NodeMetrics": "nodes", "PodMetrics": "pods"}


def path_of(one):
    """The path of an object."""
    kind, api = one["kind"], one["apiVersion"]
    plural = KIND_PLURALS.get(kind) or PLURALS.get(kind) or kind.lower() + "s"
    namespace = "" if kind in CLUSTER_KINDS else f"/namespaces/{one['metadata'].get('namespace', 'default')}"
    return f"/{'api' if '/' not in api else 'apis'}/{api}{namespace}/{plural}/{one['metadata']['name']}"


def metadata(name, namespace=None, **more):
    """The metadata of an object."""
    return {"name": name} | ({"namespace": namespace} if namespace else {}) | more


def namespace(name, **more):
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name, **more)}


def juju_namespace(name, model, model_uuid, controller_uuid):
    """The namespace of a model, as Juju makes it."""
    return namespace(name, labels={"app.kubernetes.io/managed-by": "juju", "model.juju.is/name": model},
                     annotations={"model.juju.is/id": model_uuid, "controller.juju.is/id": controller_uuid})


def node(name, **more):
    """A node that kwok keeps ready."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata(name, annotations={"kwok.x-k8s.io/node": "fake"}, **more)}


def node_status(cpu="4", memory="8Gi"):
    """What a node has."""
    return {"capacity": {"cpu": cpu, "memory": memory, "pods": "110"}, "allocatable": {"cpu": cpu, "memory": memory, "pods": "110"}}


def pod_spec(node_name="node-1", image="registry.example/app:1", resources=None, containers=("app",), **more):
    """The specification of a pod; there is no scheduler, so it names its node."""
    spec = {"containers": [{"name": name, "image": image, "resources": LIMITED if resources is None else resources} for name in containers]} | more
    return spec | ({"nodeName": node_name} if node_name else {})


def pod(name, in_namespace, spec=None, **more):
    """A pod."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata(name, in_namespace, **more), "spec": spec or pod_spec()}


def workload(kind, name, in_namespace, replicas=1, spec=None, labels=None, pod_metadata=None, **more):
    """A Deployment or StatefulSet."""
    selector = {"app": name}
    template = {"metadata": {"labels": selector | (pod_metadata or {}).get("labels", {})} | {key: value for key, value in (pod_metadata or {}).items() if key != "labels"},
                "spec": spec or pod_spec()}
    one = {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata(name, in_namespace, labels=labels or selector),
           "spec": {"replicas": replicas, "selector": {"matchLabels": selector}, "template": template} | more}
    if kind == "StatefulSet":
        one["spec"] |= {"serviceName": name, "podManagementPolicy": "Parallel"}
    return one


def juju_application(name, in_namespace, units, model_uuid, controller_uuid):
    """The StatefulSet of an application, as Juju makes it."""
    annotations = {"model.juju.is/id": model_uuid, "controller.juju.is/id": controller_uuid}
    labels = {"app.kubernetes.io/managed-by": "juju", "app.kubernetes.io/name": name}
    one = workload("StatefulSet", name, in_namespace, units, labels=labels,
                   pod_metadata={"labels": {"app.kubernetes.io/name": name}, "annotations": annotations}, spec=pod_spec(containers=("charm", "db")))
    one["metadata"]["annotations"] = annotations
    return one


def service(name, in_namespace, kind="ClusterIP", app=None):
    """A service."""
    spec = {"type": kind, "selector": {"app": app or name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(name, in_namespace), "spec": spec}


def custom_kind(group, plural, kind, version, scope="Namespaced", columns=()):
    """A definition of a kind with any members."""
    one = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata(f"{plural}.{group}"), "spec": {
        "group": group, "scope": scope, "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
        "versions": [{"name": version, "served": True, "storage": True, "additionalPrinterColumns": list(columns),
                      "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}
    if group.endswith(".k8s.io"):
        one["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, test-only"}
    return one


def add_metrics(cluster, nodes, pods):
    """The metrics API with these values, `{name: (cpu, memory)}` and `{(namespace, name): (cpu, memory)}`; its two kinds are custom ones."""
    for plural, kind, scope in (("nodes", "NodeMetrics", "Cluster"), ("pods", "PodMetrics", "Namespaced")):
        cluster.apply(custom_kind("metrics.k8s.io", plural, kind, "v1beta1", scope))
        eventually(f"{kind} are served", lambda plural=plural: "items" in cluster.call("GET", f"/apis/metrics.k8s.io/v1beta1/{plural}", ok=False) or None)
    for name, (cpu, memory) in nodes.items():
        cluster.apply({"apiVersion": "metrics.k8s.io/v1beta1", "kind": "NodeMetrics", "metadata": metadata(name), "usage": {"cpu": cpu, "memory": memory}})
    for (space, name), (cpu, memory) in pods.items():
        cluster.apply({"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": metadata(name, space),
                       "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": memory}}]})


def event(name, in_namespace, about, reason, message, count=1, at="2026-11-28T08:00:00Z", kind="Warning"):
    """An event about an object."""
    involved = {"apiVersion": about.get("apiVersion", "v1"), "kind": about.get("kind", "Pod"), "name": about["metadata"]["name"], "namespace": in_namespace}
    return {"apiVersion": "v1", "kind": "Event", "metadata": metadata(name, in_namespace), "involvedObject": involved, "type": kind,
            "reason": reason, "message": message, "count": count, "firstTimestamp": at, "lastTimestamp": at, "source": {"component": "test"}}


def crash(cluster, one):
    """Makes a running pod one that crashes again and again."""
    state = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}], "containerStatuses": [{
        "name": container["name"], "image": container["image"], "imageID": "", "ready": False, "started": False, "restartCount": 7,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
        "lastState": {"terminated": {"exitCode": 3, "reason": "Error", "startedAt": "2026-11-28T07:00:00Z", "finishedAt": "2026-11-28T07:00:05Z"}}}
        for container in one["spec"]["containers"]]}
    return cluster.patch_status(f"/api/v1/namespaces/{one['metadata']['namespace']}/pods/{one['metadata']['name']}", state)


def leave_unscheduled(cluster, one, message="0/3 nodes are available: 3 Insufficient memory."):
    """Makes a pod without a node one that no node fits."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": "2026-11-28T08:00:00Z"}
    return cluster.patch_status(f"/api/v1/namespaces/{one['metadata']['namespace']}/pods/{one['metadata']['name']}", {"conditions": [condition]})


def write_kubeconfig(path, url, authority, token=ADMIN_TOKEN, in_namespace=None):
    """A kubeconfig with one context."""
    context = {"cluster": "test", "user": "test"} | ({"namespace": in_namespace} if in_namespace else {})
    path.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": url, "certificate-authority-data": base64.b64encode(authority).decode()}}],
        "users": [{"name": "test", "user": {"token": token}}], "contexts": [{"name": "test", "context": context}]}))
    return path


def write_service_account_keys(folder):
    """The keys that sign the tokens of service accounts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "sa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    (folder / "sa.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@contextlib.contextmanager
def cluster(folder, log_files=(), tokens=()):
    """A cluster for the duration of a block; yields a `Cluster`.

    `log_files` are `(namespace, pod, container, file)`: what the container has written, and writes while it is followed. `tokens` are
    `(token, user, group)` beside that of the administrator.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kubernetes, kwok = required_path("JUJU_MCP_TEST_KUBERNETES"), required_path("JUJU_MCP_TEST_KWOK")
    write_service_account_keys(folder)
    users = [f'{ADMIN_TOKEN},admin,1,"system:masters"', *(f'{token},{user},{user},"{group}"' for token, user, group in tokens)]
    (folder / "tokens.csv").write_text("\n".join(users) + "\n")
    etcd_port, peer_port, port, kubelet_port, manager_port = (free_port() for _ in range(5))
    etcd, url = f"http://127.0.0.1:{etcd_port}", f"https://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(folder / "etcd", [
            required_path("JUJU_MCP_TEST_ETCD"), "--data-dir", "data", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
            "--listen-peer-urls", f"http://127.0.0.1:{peer_port}", "--unsafe-no-fsync"], f"{etcd}/health"))
        stack.enter_context(running(folder / "apiserver", [
            kubernetes / "kube-apiserver", f"--etcd-servers={etcd}", "--bind-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={folder / 'certs'}",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={folder / 'sa.pub'}",
            f"--service-account-signing-key-file={folder / 'sa.key'}", f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount"], f"{url}/readyz", verify=False))
        kubeconfig = write_kubeconfig(folder / "kubeconfig", url, (folder / "certs" / "apiserver.crt").read_bytes())
        stages = (kwok / "stages.yaml").read_text()
        logs = [{"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Logs", "metadata": {"name": name, "namespace": space},
                 "spec": {"logs": [{"containers": [container], "logsFile": str(file), "previousLogsFile": str(file) + ".previous", "follow": True}]}}
                for space, name, container, file in log_files]
        (folder / "kwok.yaml").write_text(stages + "".join("\n---\n" + yaml.safe_dump(one) for one in logs))
        stack.enter_context(running(folder / "kwok", [
            kwok / "kwok", f"--kubeconfig={kubeconfig}", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", f"--config={folder / 'kwok.yaml'}",
            "--node-ip=127.0.0.1", f"--node-port={kubelet_port}", f"--server-address=127.0.0.1:{kubelet_port}"], f"http://127.0.0.1:{kubelet_port}/healthz"))
        stack.enter_context(running(folder / "controllers", [
            kubernetes / "kube-controller-manager", f"--kubeconfig={kubeconfig}", "--leader-elect=false", f"--controllers={CONTROLLERS}",
            "--bind-address=127.0.0.1", f"--secure-port={manager_port}", f"--cert-dir={folder / 'manager-certs'}"], f"https://127.0.0.1:{manager_port}/healthz", verify=False))
        yield Cluster(url, folder, kubeconfig)


def changed(one, **members):
    """A copy of an object with other members of its specification."""
    other = copy.deepcopy(one)
    other["spec"] |= members
    return other
