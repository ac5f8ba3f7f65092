"""The words that this project does not use, what to write instead, and how test functions are named (docs/STYLE.md)."""
import collections
import fnmatch
import pathlib
import re
import subprocess

TREE = pathlib.Path(__file__).resolve().parents[1]

# Each with what to write instead. The list only grows.
REJECTED = {
    "door": "dispatcher, endpoint", "doors": "dispatchers, endpoints", "doorkeeper": "AuthFailureRecorder",
    "room": "crate, capacity", "rooms": "crates", "road": "path, life of a call", "roads": "paths",
    "shelf": "tool list", "shelves": "tool lists", "trio": "command tools",
    "journey": "integration test", "journeys": "integration tests",
    "surface": "endpoint", "surfaces": "endpoints",
    "told": "received, reported, informed", "tells": "reports, returns", "says": "reports, states, returns", "said": "reported, stated",
    "hears": "receives", "stands": "is recorded, is, remains", "kept": "stored, recorded, cached",
    "nobody": "no caller, no one; or name the subject", "somebody": "a caller, a person; or name the subject",
    "whoever": "the caller, the person who", "whomever": "the caller", "whose": "of the caller; or name the subject",
    "carry out": "execute", "carried out": "executed", "carries out": "executes", "for good": "permanently; accepted as valid",
    "unless given": "default: ...", "by heart": "from memory", "a human's yes": "an approval", "stand as": "have the status",
    "road of": "path of", "word for word": "verbatim", "of its own accord": "by itself",
    "turned away": "rejected", "let in": "admitted, authenticated", "gives the yes": "approves",
    "second person": "second approver", "asker": "requester", "patience": "*_TIMEOUT", "judgement": "policy decision",
    "ruling": "verdict", "circumstances": "evaluation context", "owed": "retry queue", "gentle": "relaxed",
    "heal": "clear", "keeper": "writer", "strike": "apply to, violate", "strikes": "applies to, violates", "struck": "violated",
    "whom": "name the subject", "nowhere": "unresolved target", "anybody": "any caller", "vouches": "verifies, trusts",
    "mend": "fix, repair", "mends": "fixes, repairs", "mended": "fixed, repaired", "lived": "was stored for", "dear": "expensive",
}

# Files and words that stay, each with the reason. The list only shrinks: an exception that hides nothing fails the check.
EXCEPTIONS = [
    ("tests/corpus/*.txt", "*", "attack and benign texts, quoted from outside"),
    ("tests/fuzz/seeds/*", "*", "inputs of the fuzzer, quoted from outside"),
    ("server/content/src/words.txt", "*", "words of attacks in many languages"),
    ("tests/lint_words.py", "*", "this list"),
    ("server/content/src/lexicon.rs", "told", "words of attacks, by their group in words.txt"),
    ("server/content/src/lexicon.rs", "says", "words of attacks, by their group in words.txt"),
    ("server/content/src/lexicon.rs", "nobody", "words of attacks, by their group in words.txt"),
    ("server/content/src/rules.rs", "told", "words of attacks, by their group in words.txt"),
    ("server/content/src/rules.rs", "says", "words of attacks, by their group in words.txt"),
    ("server/content/src/rules.rs", "nobody", "words of attacks, by their group in words.txt"),
    ("LICENSE", "whom", "the text of the Apache License"),
    ("*Cargo.lock", "*", "made by Cargo"),
    ("*package-lock.json", "*", "made by npm"),
]
MOST_EXCEPTIONS = 40

# A first word that makes a sentence or a riddle of a test's name instead of naming the unit under test.
REJECTED_FIRST = set("what whatever whoever who whom whose where when if how that it a an the no none not nothing nobody nowhere "
                     "one two and or but as in on to under without only while until".split())
LONGEST_TEST_NAME = 70

# words inside snake_case, CamelCase and prose, with what separates them
TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+(?:'s)?")
BETWEEN = re.compile(r"[\s_/*#|>!-]*\Z")
RUST_TEST = re.compile(r"#\[(?:tokio::)?test(?:\([^\]]*\))?\]\s*(?:#\[[^\n]*\]\s*|//[^\n]*\n\s*)*(?:pub )?(?:async )?fn (\w+)")
PYTHON_TEST = re.compile(r"^\s*(?:async )?def test_(\w+)", re.MULTILINE)

Found = collections.namedtuple("Found", "file line word instead")


def tracked(*patterns):
    """Tracked files that are there, as paths from the top of the tree."""
    out = subprocess.run(["git", "ls-files", *patterns], cwd=TREE, text=True, capture_output=True, check=True).stdout
    return [name for name in out.splitlines() if (TREE / name).is_file()]


def folder(name):
    """The part of the tree that has one owner: two levels, or one for the documents and the top."""
    parts = pathlib.PurePath(name).parts
    if len(parts) == 1:
        return "."
    return parts[0] if parts[0] in ("docs", ".ci", ".cargo") or len(parts) == 2 else "/".join(parts[:2])


PHRASES = collections.defaultdict(list)
for entry in REJECTED:
    first, *rest = entry.split()
    PHRASES[first].append((entry, rest))


def in_text(text):
    """Each rejected word or phrase of a text, with its offset."""
    tokens = [(m.start(), m.end(), m.group().lower()) for m in TOKEN.finditer(text)]
    for at, (start, end, word) in enumerate(tokens):
        word = word if word in PHRASES else word.removesuffix("'s")
        for entry, rest in PHRASES.get(word, ()):
            last, ok = end, True
            for step, wanted in enumerate(rest, 1):
                following = tokens[at + step] if at + step < len(tokens) else (0, 0, "")
                ok = ok and following[2] == wanted and bool(BETWEEN.match(text[last:following[0]]))
                last = following[1]
            if ok and entry == "for good" and text[last:last + 4] == " in ":
                continue  # a loop
            if ok:
                yield start, entry


class Exceptions:
    """The list of exceptions, which notes the ones that hide something."""

    def __init__(self):
        self.used = set()

    def hides(self, name, word):
        """Whether an exception covers this word in this file."""
        covering = [e for e in EXCEPTIONS if fnmatch.fnmatch(name, e[0]) and e[1] in ("*", word)]
        self.used.update(covering)
        return bool(covering)

    def unused(self):
        """Exceptions that hide nothing and have to go."""
        return [f"{pattern} ({word})" for pattern, word, _ in set(EXCEPTIONS) - self.used]


def rejected_words(exceptions):
    """All rejected words in names, comments and texts of the tracked files, and in the files' own names."""
    for name in tracked():
        if all(exceptions.hides(name, word) for word in ["*"]):
            continue
        for _, word in in_text(name):
            if not exceptions.hides(name, word):
                yield Found(name, 0, word, REJECTED[word])
        try:
            text = (TREE / name).read_text()
        except UnicodeDecodeError:
            continue
        for at, word in in_text(text):
            if not exceptions.hides(name, word):
                yield Found(name, text.count("\n", 0, at) + 1, word, REJECTED[word])


def rejected_test_names():
    """Test functions that do not follow `<unit>_<condition>_<result>`."""
    for name in tracked("*.rs", "*.py"):
        text = (TREE / name).read_text(errors="replace")
        for found in (RUST_TEST if name.endswith(".rs") else PYTHON_TEST).finditer(text):
            test = found.group(1)
            if test != test.lower() or len(test) > LONGEST_TEST_NAME or test.split("_")[0] in REJECTED_FIRST:
                yield Found(name, text.count("\n", 0, found.start(1)) + 1, test, "<unit>_<condition>_<result>")


def per_folder(found):
    """Counts by folder."""
    return dict(sorted(collections.Counter(folder(f.file) for f in found).items()))


def figures():
    """Rows for `lint_source.py`: name, whether it holds, and the figure."""
    exceptions = Exceptions()
    for name, found in (("no rejected words (tests/lint_words.py)", list(rejected_words(exceptions))),
                        ("test names follow <unit>_<condition>_<result>", list(rejected_test_names()))):
        yield name, not found, [f"{f.file}:{f.line} `{f.word}`" for f in found[:4]] or "all"
    unused = exceptions.unused()
    yield "exceptions that hide something", not unused and len(EXCEPTIONS) <= MOST_EXCEPTIONS, unused or len(EXCEPTIONS)


def show(prefixes):
    """Prints what is left per folder, and every place below the given paths."""
    words, tests = list(rejected_words(Exceptions())), list(rejected_test_names())
    now = {"words": per_folder(words), "tests": per_folder(tests)}
    for found in [*words, *tests]:
        if any(found.file.startswith(prefix) for prefix in prefixes):
            print(f"{found.file}:{found.line}: `{found.word}`: write {found.instead}")
    print(f"{'folder':<28}{'words':>7}{'tests':>7}")
    for name in sorted({*now["words"], *now["tests"]}):
        print(f"{name:<28}{now['words'].get(name, 0):>7}{now['tests'].get(name, 0):>7}")
    print(f"{'all':<28}{len(words):>7}{len(tests):>7}")
