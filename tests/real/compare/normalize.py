"""What of two answers must be equal: everything but ids, times and addresses, which are replaced by words."""
import re

WORDS = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d| UTC)?"), "<time>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?!/)"), "<address>"),
    (re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/32\b"), "<address>/32"),
    (re.compile(r"(?<=svc-)([a-z-]+)-[0-9a-f]{8}\b"), r"\1-<id>"),
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----\n?", re.S), "<pem>"),
    (re.compile(r"(?<![0-9a-z])[0-9a-v]{20}(?![0-9a-z])"), "<id>"),
    (re.compile(r"localhost:\d+|<address>:\d+"), "<host>"),
]
# values that each side makes up: only their presence and type are compared
FREE = {"instance-id", "dns-name", "hostname", "macaroon", "instance-key", "hash", "fingerprint", "git-commit", "mac-address"}
# lists in random order, or with items that are better identified by a name than by a number
NAMED = {"relations": "key", "storage-pools": "name", "applications": "name", "users": "user",
         "models": "model", "resources": "name", "charm-store-resources": "name"}


def normal(value, names, key=""):
    """The value with ids, times and addresses as words; `names` are the side's own UUIDs with their names."""
    if isinstance(value, dict):
        return {text(k, names): normal(v, names, k) for k, v in value.items()}
    if isinstance(value, list):
        items = [normal(item, names, key) for item in value]
        by = NAMED.get(key)
        named = by and items and all(isinstance(item, dict) and by in item for item in items)
        return {f"[{item[by]}]": item for item in items} if named else items
    if key == "port" and isinstance(value, int) and value > 10000:
        return 17070  # each side listens where it can
    if key in FREE and value not in ("", None):
        return f"<{key}>"
    return text(value, names) if isinstance(value, str) else value


def text(words, names):
    for uuid, name in names.items():
        words = words.replace(uuid, f"<{name}>")
    for pattern, word in WORDS:
        words = pattern.sub(word, words)
    return words


def kind(value):
    return {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


def differences(at, real, ours):
    """Yields `(place, what)` for each difference between two normal values."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted(real.keys() | ours.keys()):
            if key not in ours:
                yield f"{at}.{key}", f"missing, really {short(real[key])}"
            elif key not in real:
                yield f"{at}.{key}", f"really absent, ours {short(ours[key])}"
            else:
                yield from differences(f"{at}.{key}", real[key], ours[key])
    elif isinstance(real, list) and isinstance(ours, list):
        if len(real) != len(ours):
            yield f"{at}[]", f"really {len(real)} items, ours {len(ours)}"
        for index, (one, other) in enumerate(zip(real, ours)):
            yield from differences(f"{at}[{index}]", one, other)
    elif kind(real) != kind(ours):
        yield at, f"really {kind(real)} {short(real)}, ours {kind(ours)} {short(ours)}"
    elif real != ours:
        yield at, f"really {short(real)}, ours {short(ours)}"


def short(value):
    written = repr(value)
    return written if len(written) <= 160 else written[:157] + "..."
