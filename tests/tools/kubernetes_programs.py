"""The third-party programs of a Kubernetes cluster without machines: API server, controllers, etcd, and kwok, which simulates nodes and pods."""
import json
import os
import shutil
import stat

from cache import folder, key
from programs import HERE, debian_program, fetch, go_version, need, run

KUBERNETES_VERSION = "v1.36.3"
KWOK_VERSION = "v0.8.0"
# Stages of kwok that set nodes ready, and pods running and completed, at once.
KWOK_STAGES = ("pod/fast", "node/fast", "node/heartbeat-with-lease")


def copy_module(go, module, version, source):
    """Copies a published Go module into the folder `source`, writable."""
    got = fetch([go, "mod", "download", "-json", f"{module}@{version}"], cwd=source.parent)
    shutil.copytree(json.loads(got[got.index("{"):])["Dir"], source)
    for path in [source, *source.rglob("*")]:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def kubernetes():
    """The folder with `kube-apiserver` and `kube-controller-manager` 1.36.3.

    The published module refers to folders that it lacks; the files in `kubernetes/` refer to the modules that were published of them.
    """
    go, files = need("go", "which builds the Kubernetes API server"), HERE / "kubernetes"

    def make(partial):
        source = partial / "source"
        copy_module(go, "k8s.io/kubernetes", KUBERNETES_VERSION, source)
        shutil.rmtree(source / "vendor", ignore_errors=True)
        for name in ("go.work", "go.work.sum"):
            (source / name).unlink(missing_ok=True)
        for name in ("go.mod", "go.sum"):
            shutil.copy(files / name, source / name)
        fetch([go, "mod", "download"], cwd=source)
        major, minor = KUBERNETES_VERSION[1:].split(".")[:2]
        stamps = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
        flags = "-s -w " + " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in stamps.items())
        for name in ("kube-apiserver", "kube-controller-manager"):
            run([go, "build", "-trimpath", "-buildvcs=false", f"-ldflags={flags}", "-o", partial / name, f"./cmd/{name}"],
                cwd=source, env=os.environ | {"CGO_ENABLED": "0"})
        shutil.rmtree(source)

    return folder("kubernetes", key(KUBERNETES_VERSION, files, go_version(go)), make)


def kwok():
    """The folder with `kwok` 0.8.0 and its `stages.yaml`."""
    go = need("go", "which builds kwok")

    def make(partial):
        source = partial / "source"
        copy_module(go, "sigs.k8s.io/kwok", KWOK_VERSION, source)
        files = [file for stage in KWOK_STAGES for file in sorted((source / "kustomize" / "stage" / stage).glob("*.yaml"))]
        stages = [file.read_text() for file in files if file.name != "kustomization.yaml"]
        (partial / "stages.yaml").write_text("\n---\n".join(stages))
        fetch([go, "mod", "download"], cwd=source)
        run([go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", partial / "kwok", "./cmd/kwok"],
            cwd=source, env=os.environ | {"CGO_ENABLED": "0"})
        shutil.rmtree(source)

    return folder("kwok", key(KWOK_VERSION, *KWOK_STAGES, go_version(go)), make)


def etcd():
    """The path of Debian's etcd."""
    return debian_program("etcd", ["etcd-server"], "usr/bin/etcd")

