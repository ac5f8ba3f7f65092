"""The metrics of the server, read from its source, and the metrics that PromQL expressions use."""
import re

REGISTRATION = re.compile(r'registry\.register\(\s*"([a-z_]+)",[^;]*?,\s*(self\.(\w+)|\w+)', re.DOTALL)
FIELD = re.compile(r"^    (\w+): (?:Family<\w+, )?(Counters|Durations|Gauges?|Counter|Histogram)", re.MULTILINE)
NAME = re.compile(r"\b(juju_mcp_[a-z_]+?)(?:_bucket|_sum|_count)?(?=[{\[)\s])")


def registered(source):
    """Name and kind of each metric that the source registers."""
    kinds = {name: "counter" if kind.startswith("Counter") else "other" for name, kind in FIELD.findall(source)}
    found = [(name, kinds.get(field, "info")) for name, _, field in REGISTRATION.findall(source)]
    assert len(found) == source.count("registry.register("), found
    return found


def used(expression):
    """The metrics of the server in an expression."""
    return set(NAME.findall(expression))
