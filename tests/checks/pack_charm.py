#!/usr/bin/env python3
"""pack_charm FOLDER: packs the charm with charmcraft, without snaps and without LXD, and unpacks it into the folder.

The result is for tests, not for release: charmcraft takes this machine for Ubuntu 24.04, uv comes from PyPI and not from its snap,
and the interpreter is this one. Everything happens in a copy of the tree. Exit code 3: this machine cannot pack.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import yaml

TREE = pathlib.Path(__file__).resolve().parents[2]
DEBIAN_PACKAGES = pathlib.Path("/usr/lib/python3/dist-packages")
OS_RELEASE = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04"\n'
PACK = 'mount --bind "$1" /usr/lib/os-release && exec "$2" -m charmcraft pack --destructive-mode'


def missing():
    """What this machine lacks, or None."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return "packing needs root and `unshare`"
    version = f"cpython-{sys.version_info.major}{sys.version_info.minor}-"
    if not list(DEBIAN_PACKAGES.glob(f"apt_pkg.{version}*")):
        return f"charmcraft needs the package python3-apt for Python {sys.version_info.major}.{sys.version_info.minor}"
    return None


def copy_tree(folder):
    """A copy of the charm with a part that replaces the snap of uv."""
    shutil.copytree(TREE / "charm", folder / "charm", ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    project = yaml.safe_load((TREE / "charmcraft.yaml").read_text())
    part = project["parts"]["charm"]
    del part["build-snaps"]
    interpreter = f"python{sys.version_info.major}.{sys.version_info.minor}"
    part |= {"after": ["uv-deps"], "build-environment": [{"PARTS_PYTHON_INTERPRETER": interpreter}, {"UV_PYTHON": interpreter}]}
    project["parts"]["uv-deps"] = {"plugin": "nil", "override-build": "true"}
    project["platforms"] = {"amd64": None}
    (folder / "charmcraft.yaml").write_text(yaml.safe_dump(project, sort_keys=False))


def pack(folder):
    """Packs the copy in `folder`; returns the path of the charm."""
    modules = folder / "modules"
    modules.mkdir()
    for source in (*DEBIAN_PACKAGES.glob("apt_*.so"), DEBIAN_PACKAGES / "apt", DEBIAN_PACKAGES / "aptsources"):
        (modules / source.name).symlink_to(source)
    (folder / "os-release").write_text(OS_RELEASE)
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(modules)}
    subprocess.run(["unshare", "-m", "bash", "-c", PACK, "pack", folder / "os-release", sys.executable], cwd=folder, env=environment, check=True,
                   stdin=subprocess.DEVNULL)
    (charm,) = folder.glob("*.charm")
    return charm


def main():
    """Packs and unpacks; prints the path of the charm file."""
    if reason := missing():
        print(reason)
        return 3
    folder = pathlib.Path(sys.argv[1]).resolve()
    work = folder / "work"
    work.mkdir(parents=True)
    copy_tree(work)
    charm = pack(work)
    with zipfile.ZipFile(charm) as archive:
        archive.extractall(folder / "charm")
    print(f"{charm}: {charm.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
