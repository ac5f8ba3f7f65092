"""Ports for programs that cannot take a free one by themselves."""
import contextlib
import random
import socket

ALLOCATED_PORTS = set()


def free_port():
    """A free port of loopback outside the ephemeral range, so that no other program gets it by chance; each only once here."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(("127.0.0.1", port))
            if port not in ALLOCATED_PORTS:
                ALLOCATED_PORTS.add(port)
                return port
