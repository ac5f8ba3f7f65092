#!/usr/bin/env python3
"""assemble_rock FOLDER PROGRAM PEBBLE TOOLS: assembles the image of rockcraft.yaml without rockcraft, as an OCI layout and a `.rock` file.

The result is for tests, not for release. craft-parts builds the parts of rockcraft.yaml, with these differences: the program is a built one
(without its debug information), and each chisel slice is cut from the package of this machine's distribution. What rockcraft itself adds is
added here: Pebble, the layer, the user and the entry point. TOOLS is the folder of `tests/tools/get rock-tools`. Exit code 3: not possible here.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import yaml

TREE = pathlib.Path(__file__).resolve().parents[2]
USER = "_daemon_"
UID = 584792
LIBRARIES = "usr/lib/x86_64-linux-gnu"
# each slice: its package, and the files that it has of it, with their new place
SLICES = {
    # folders and links, below
    "base-files_base": ("base-files", {}),
    # the manifest of chisel, which only chisel writes
    "base-files_chisel": ("base-files", {}),
    "ca-certificates_data": ("ca-certificates", {"usr/share/ca-certificates/mozilla/*.crt": "usr/share/ca-certificates/mozilla"}),
    "libc6_libs": ("libc6", {"lib/x86_64-linux-gnu/*.so.*": LIBRARIES}),
    "libgcc-s1_libs": ("libgcc-s1", {"lib/x86_64-linux-gnu/*.so.*": LIBRARIES}),
}
DIRECTORIES = ("etc", "home", "root", "run", "tmp", "usr/bin", "usr/lib64", "usr/sbin", "var/cache", "var/lib", "var/log", "var/tmp", LIBRARIES)
MERGED = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}
# craft-parts selects the package manager by this file; here it needs none
OS_RELEASE = 'NAME="none"\nID=none\nVERSION_ID="1"\n'
CRAFT = 'mount --bind "$1" /usr/lib/os-release && exec "$2" -m craft_parts -f "$3" --work-dir "$4" prime'


def missing():
    """What this machine lacks, or None."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return "assembling the rock needs root and `unshare`"
    return None if os.uname().machine == "x86_64" else "assembling the rock works on x86_64"


def cut(slices, packages, folder):
    """Fills a folder with the files of the slices."""
    for directory in DIRECTORIES:
        (folder / directory).mkdir(parents=True)
    for link, target in MERGED.items():
        (folder / link).symlink_to(target)
    (folder / "tmp").chmod(0o1777)
    for name in slices:
        package, files = SLICES[name]
        for pattern, place in files.items():
            found = [path for path in (packages / package).glob(pattern) if not path.is_dir()]
            assert found, f"{package} has no {pattern}"
            for path in found:
                target = folder / place / path.name if "*" in pattern else folder / place
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target, follow_symlinks=False)
    (folder / "usr/lib64/ld-linux-x86-64.so.2").symlink_to("../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    certificates = sorted((folder / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    (folder / "etc/ssl/certs").mkdir(parents=True)
    (folder / "etc/ssl/certs/ca-certificates.crt").write_bytes(b"".join(path.read_bytes() for path in certificates))


def add_what_rockcraft_adds(project, pebble, folder):
    """Fills a folder with Pebble, its layer, and the user."""
    layers = folder / "var/lib/pebble/default/layers"
    layers.mkdir(parents=True)
    layer = {key: project[key] for key in ("summary", "services", "checks")}
    (layers / f"001-{project['name']}.yaml").write_text(yaml.safe_dump(layer))
    (folder / "usr/bin").mkdir(parents=True)
    shutil.copy(pebble, folder / "usr/bin/pebble")
    (folder / "etc").mkdir()
    (folder / "etc/passwd").write_text(f"root:x:0:0:root:/root:/usr/bin/false\n{USER}:x:{UID}:{UID}::/var/lib/{USER}:/usr/bin/false\n")
    (folder / "etc/group").write_text(f"root:x:0:\n{USER}:x:{UID}:\n")


def prime(project, program, pebble, tools, work):
    """Builds the parts, and returns the folder with the content of the image."""
    sources = {name: work / "sources" / name for name in ("program", "slices", "rockcraft")}
    (sources["program"] / "bin").mkdir(parents=True)
    own = project["parts"]["juju-mcp"]
    subprocess.run(["strip", "-o", sources["program"] / "bin" / "juju-mcp", program], check=True)
    cut(project["parts"]["slices"]["stage-packages"], tools, sources["slices"])
    add_what_rockcraft_adds(project, pebble, sources["rockcraft"])
    owner = {"owner": UID, "group": UID}
    parts = project["parts"] | {
        "juju-mcp": {"plugin": "dump", "source": str(sources["program"]), "organize": own["organize"], "stage": own["stage"]},
        "slices": {"plugin": "dump", "source": str(sources["slices"])},
        "rockcraft": {"plugin": "dump", "source": str(sources["rockcraft"]), "permissions": [{"path": "var/lib/pebble/**", **owner},
                                                                                            {"path": "var/lib/pebble", **owner}]}}
    (work / "parts.yaml").write_text(yaml.safe_dump({"parts": parts}, sort_keys=False))
    (work / "os-release").write_text(OS_RELEASE)
    subprocess.run(["unshare", "-m", "bash", "-c", CRAFT, "craft", work / "os-release", sys.executable, work / "parts.yaml", work / "craft"],
                   cwd=work, check=True, stdin=subprocess.DEVNULL)
    return work / "craft" / "prime"


def write_image(content, tools, folder):
    """Writes the OCI layout `image` and the archive `juju-mcp.rock`."""
    umoci, image, bundle = tools / "bin" / "umoci", folder / "image", folder / "empty"

    def run(*words):
        subprocess.run([umoci, *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    run("init", "--layout", image)
    run("new", "--image", f"{image}:latest")
    run("unpack", "--image", f"{image}:latest", bundle)
    subprocess.run(["cp", "-a", f"{content}/.", bundle / "rootfs"], check=True)
    run("repack", "--image", f"{image}:latest", bundle)
    run("config", "--image", f"{image}:latest", "--config.user", USER, "--config.entrypoint", "/usr/bin/pebble", "--config.entrypoint", "enter",
        "--config.env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--author", "tests")
    run("gc", "--layout", image)
    shutil.rmtree(bundle)
    with tarfile.open(folder / "juju-mcp.rock", "w") as archive:
        archive.add(image, ".")


def main():
    """Assembles, and prints the sizes."""
    if reason := missing():
        print(reason)
        return 3
    folder, program, pebble, tools = map(pathlib.Path, sys.argv[1:])
    project = yaml.safe_load((TREE / "rockcraft.yaml").read_text())
    work = folder / "work"
    content = prime(project, program, pebble, tools, work)
    write_image(content, tools, folder)
    files = [path for path in content.rglob("*") if path.is_file() and not path.is_symlink()]
    sizes = {"files": len(files), "content_bytes": sum(path.stat().st_size for path in files), "rock_bytes": (folder / "juju-mcp.rock").stat().st_size}
    shutil.rmtree(work)
    print(json.dumps(sizes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
