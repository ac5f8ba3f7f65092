"""A Juju API connection on the standard library alone: WebSocket over TLS, one JSON document a frame, calls as raw JSON."""
import base64
import json
import os
import socket
import ssl
import struct

NEWEST = {"Admin": 3}
# Maximum seconds to wait for a result, long enough for a busy machine.
TEST_TIMEOUT = 180


class Closed(Exception):
    """The other side closed the connection, or never opened it."""


class Connection:
    """One connection to one side, to its controller or one of its models."""

    def __init__(self, address, authority, model=None, timeout=TEST_TIMEOUT):
        host, port = address.rsplit(":", 1)
        context = ssl.create_default_context(cadata=authority)
        plain = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)
        self.socket = context.wrap_socket(plain, server_hostname="juju-apiserver")
        self.left, self.number, self.versions = b"", 0, {}
        path = f"/model/{model}/api" if model else "/api"
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: juju-apiserver\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.left:
            self.left += self._some()
        head, self.left = self.left.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Closed(head.split(b"\r\n")[0].decode())

    def close(self):
        self.socket.close()

    def _some(self):
        got = self.socket.recv(65536)
        if not got:
            raise Closed("the connection was closed")
        return got

    def _take(self, count):
        while len(self.left) < count:
            self.left += self._some()
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def _send(self, kind, payload):
        length = len(payload)
        head = bytes([0x80 | kind]) + (
            bytes([0x80 | length]) if length < 126 else
            bytes([0xFE]) + struct.pack(">H", length) if length < 65536 else bytes([0xFF]) + struct.pack(">Q", length))
        mask = os.urandom(4)
        self.socket.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)))

    def _receive(self):
        whole = b""
        while True:
            first, second = self._take(2)
            length = second & 0x7F
            if length == 126:
                length = struct.unpack(">H", self._take(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self._take(8))[0]
            payload = self._take(length)
            kind = first & 0x0F
            if kind == 8:
                raise Closed("the connection was closed by a close frame")
            if kind == 9:
                self._send(10, payload)
            if kind in (9, 10):
                continue
            whole += payload
            if first & 0x80:
                return whole

    def call(self, facade, method, params=None, version=None, of=""):
        """One call; returns the whole reply frame without its number."""
        self.number += 1
        version = max(self.versions.get(facade, [NEWEST.get(facade, 0)])) if version is None else version
        frame = {"request-id": self.number, "type": facade, "version": version, "id": of, "request": method}
        if params is not None:
            frame["params"] = params
        self._send(1, json.dumps(frame).encode())
        while True:
            reply = json.loads(self._receive())
            if reply.pop("request-id") == self.number:
                return reply

    def log_in(self, user, password):
        """Logs in as the real client does, and stores the versions that the side lists."""
        reply = self.call("Admin", "Login", {
            "auth-tag": f"user-{user}", "credentials": password, "nonce": "", "macaroons": None, "bakery-version": 3, "token": "",
            "cli-args": "juju compare", "user-data": "", "client-version": "3.6.11"})
        for facade in reply.get("response", {}).get("facades") or []:
            self.versions[facade["name"]] = facade["versions"]
        return reply
