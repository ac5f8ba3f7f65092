"""The third-party programs of the configurations in the documents: reverse proxies, and a validator of Kubernetes manifests."""
import platform

from programs import debian_program, go_program


def nginx():
    """The path of nginx."""
    return debian_program("nginx", ["nginx", "libpcre2-8-0"], "usr/sbin/nginx")


def haproxy():
    """The path of HAProxy."""
    packages = ["haproxy", "liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1", "libpcre2-8-0"]
    return debian_program("haproxy", packages, "usr/sbin/haproxy")


def libraries(program):
    """The folder with the libraries of a program of `debian_program`."""
    return program.parents[1] / "lib" / f"{platform.machine()}-linux-gnu"


def kubectl_validate():
    """The path of kubectl-validate 0.0.4, which validates manifests with the schemas and the code of the Kubernetes API server."""
    return go_program("kubectl-validate", "sigs.k8s.io/kubectl-validate", "v0.0.4", ".", flags=["-mod=mod"])
