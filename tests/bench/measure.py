"""The measurements of a server: latency and rate by the load client, size of the tool list, memory, start-up time."""
import json
import pathlib
import subprocess
import time

TOKENS = """
const { countTokens } = require(process.argv[1] + "/node_modules/gpt-tokenizer/cjs/encoding/o200k_base.js");
console.log(countTokens(require("fs").readFileSync(0, "utf8")));
"""


class Bench:
    """The tools of the bench and the duration of a run."""

    def __init__(self, load, node, packages, seconds, folder):
        self.load, self.node, self.packages, self.seconds, self.folder = load, node, packages, seconds, folder

    def run_load(self, *words, clients=1):
        """The load client's figures."""
        done = subprocess.run([str(self.load), "--clients", str(clients), "--seconds", str(self.seconds), *map(str, words)],
                              text=True, capture_output=True, timeout=self.seconds + 180)
        if done.returncode:
            raise RuntimeError(f"the load client: {done.stderr[-500:]}")
        return json.loads(done.stdout)

    def request(self, server, message, clients=1):
        """The figures of one request to one server; an error response fails the run."""
        sample = self.folder / f"{server.name}.sample"
        headers = [word for header in server.headers for word in ("--header", header)]
        figures = self.run_load("--url", server.url, *headers, "--message", json.dumps(message), "--sample", sample, clients=clients)
        if figures["errors"] or not figures["answers"]:
            raise RuntimeError(f"{server.name} to {message}: {figures['errors']} errors, {sample.read_text()[:500]}")
        return figures, message_of(sample.read_text())

    def tokens(self, value):
        """The number of o200k_base tokens in the compact JSON of a value."""
        counted = subprocess.run([str(self.node), "-e", TOKENS, str(self.packages)], input=json.dumps(value, separators=(",", ":"), ensure_ascii=False),
                                 text=True, capture_output=True, check=True)
        return int(counted.stdout)

    def rows(self, server):
        """All rows of the column of a server."""
        idle = memory(server.process.pid)
        listed, answer = self.request(server, {"method": "tools/list", "params": {}})
        tools = answer["result"]["tools"]
        server.tools = [tool["name"] for tool in tools]
        called, _ = self.request(server, server.call)
        rows = {
            "program": f"{pathlib.Path(server.program).stat().st_size / 1e6:.1f} MB",
            "start-up": f"{server.starting * 1000:.0f} ms",
            "memory, idle": f"{idle:.1f} MB",
            "tools": len(tools),
            "tools/list, bytes": listed["bytes"],
            "tools/list, tokens": self.tokens(tools),
            "tools/list, p50": milliseconds(listed["p50_us"]),
            "tools/list, p99": milliseconds(listed["p99_us"]),
            "local call": server.call["params"]["name"],
            "local call, p50": milliseconds(called["p50_us"]),
            "local call, p99": milliseconds(called["p99_us"]),
        }
        for clients in (1, 8, 64):
            many, _ = self.request(server, server.call, clients)
            rows[f"calls/s, {clients} clients"] = f"{many['per_second']:.0f}"
        rows["memory, after"] = f"{memory(server.process.pid):.1f} MB"
        return rows


def message_of(text):
    """The JSON-RPC message of a response, which may be an event stream."""
    data = [line[5:] for line in text.splitlines() if line.startswith("data:") and "jsonrpc" in line]
    return json.loads(data[-1] if data else text)


def milliseconds(micros):
    """Formats a time."""
    return f"{micros / 1000:.2f} ms"


def memory(pid):
    """Resident memory of a process, in MB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1000


def process_calls(argv, times, **more):
    """Median and maximum seconds of a command, started `times` times."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        subprocess.run([str(word) for word in argv], check=True, capture_output=True, stdin=subprocess.DEVNULL, **more)
        took.append(time.monotonic() - began)
    took.sort()
    return took[len(took) // 2], took[-1]
