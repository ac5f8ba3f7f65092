"""The tools of Loki: their answers equal direct queries, a role of one model sees nothing of another, and Juju's own log replaces a missing Loki."""
import collections
import contextlib
import json
import random
import signal
import socket
import threading
import time

import pytest
import real_backends
import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, required_path
from ports import free_port
from real_backends import ask, ask_json, server, sim, text_of  # noqa: F401 - `sim` is a fixture

CANARY = "CANARY-of-the-other-model"
OTHER = "22222222-2222-4222-8222-222222222222"
# A role that sees one model, beside the administrator.
POLICY = {"roles": {"shop-only": {"description": "Sees the model shop.", "allow": [{"effects": ["read", "sensitive"], "models": "admin/shop"}]}}}

Estate = collections.namedtuple("Estate", "url api served shop end process")


@contextlib.contextmanager
def running_loki(folder):
    """Loki with its files in a folder; yields its URL and process."""
    http, grpc = free_port(), free_port()
    address = "127.0.0.1"
    config = {
        "auth_enabled": False,
        "server": {"http_listen_address": address, "http_listen_port": http, "grpc_listen_address": address, "grpc_listen_port": grpc, "log_level": "warn"},
        "common": {"path_prefix": "data", "replication_factor": 1, "instance_addr": address,
                   "ring": {"instance_addr": address, "kvstore": {"store": "inmemory"}},
                   "storage": {"filesystem": {"chunks_directory": "data/chunks", "rules_directory": "data/rules"}}},
        "schema_config": {"configs": [{"from": "2024-01-01", "store": "tsdb", "object_store": "filesystem", "schema": "v13",
                                       "index": {"prefix": "index_", "period": "24h"}}]},
        "ingester": {"lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"}},
        "analytics": {"reporting_enabled": False},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "loki.yaml").write_text(yaml.safe_dump(config))
    argv = [required_path("JUJU_MCP_TEST_LOKI"), "-config.file=loki.yaml", "-target=all"]
    with real_backends.running(folder, argv, f"http://{address}:{http}/ready") as process:
        yield f"http://{address}:{http}", process


def push(url, streams):
    """Stores streams: labels, and lines with their time in seconds since 1970."""
    body = {"streams": [{"stream": labels, "values": [[str(int(at * 1e9)), line] for at, line in lines]} for labels, lines in streams]}
    assert requests.post(f"{url}/loki/api/v1/push", json=body, timeout=TEST_TIMEOUT).status_code == 204


def direct(estate, path, **params):
    """`data` of an answer of Loki itself."""
    answer = requests.get(f"{estate.api}/{path}", params=params, timeout=TEST_TIMEOUT)
    assert answer.ok, answer.text
    return answer.json()["data"]


def labels(uuid, application, **more):
    """Juju's labels of a unit."""
    return {"juju_model": "shop", "juju_model_uuid": uuid, "juju_application": application, "juju_unit": f"{application}/0"} | more


def seed(url, shop, end):
    """The last hour of two models: 12 errors of three services, 8 lines with `timeout`, and others without a level."""
    ago = lambda minutes, line: (end - minutes * 60, line)  # noqa: E731
    auth = [ago(20 - n * 2, f"login rejected after {5000 + n} ms: authentication time-out, the identity provider at https://idp.example did not answer") for n in range(8)]
    frontend = [ago(15 - n * 3, f"cannot connect to the database at 10.0.8.{n}:5432: connection refused") for n in range(3)]
    payment = [ago(9, "rate limit exceeded for the payment gateway")]
    fine = [ago(50 - n, f"request {n} served in {n} ms, 0 errors") for n in range(20)]
    auth_timeouts = [ago(40 - n, f"token refresh: timeout of the session store, will retry ({n})") for n in range(5)]
    gateway = [ago(30 - n, f"upstream catalog: Timeout warning number {n}") for n in range(2)]
    push(url, [
        (labels(shop, "auth-service"), sorted(auth + [(at, f"level=warn msg=\"{line}\"") for at, line in auth_timeouts])),
        (labels(shop, "frontend-service"), sorted(frontend + fine)),
        (labels(shop, "payment-service"), payment),
        (labels(shop, "api-gateway"), [(at, f"WARN  {line}") for at, line in sorted(gateway)]),
        (labels(shop, "database"), [ago(25, "LOG:  statement timeout is set by the client")]),
        (labels(OTHER, "stolen-service", secret_label=CANARY), [ago(12 - n, f"{CANARY}: fatal timeout number {n}") for n in range(10)]),
    ])


@pytest.fixture(scope="module")
def estate(tmp_path_factory, sim):  # noqa: F811
    """Loki with both models, and our server with its address."""
    folder = tmp_path_factory.mktemp("loki")
    with running_loki(folder / "loki") as (url, process), server(folder / "server", {"loki": {"enabled": True, "url": url, "api_path": "/loki/api/v1", "timeout": 5}},
                                                                sim, POLICY, ("admin", "shop-only"), limits={"calls_per_minute": 0}) as served:
        (shop,) = {model["model-uuid"] for model in ask_json(served, "juju_models")["models"] if model["name"].endswith("shop")}
        end = real_backends.now()
        seed(url, shop, end)
        estate = Estate(url, f"{url}/loki/api/v1", served, shop, end, process)
        eventually("the lines are stored", lambda: len(lines_of(estate, '{juju_model="shop"}')) == 50, 0.2)
        yield estate


def lines_of(estate, query, **params):
    """Lines of a direct query of the last two hours, the oldest first."""
    params = {"start": (estate.end - 7200) * 10**9, "end": (estate.end + 60) * 10**9, "limit": 5000} | params
    streams = direct(estate, "query_range", query=query, **params)["result"]
    return [line for _, line in sorted((int(at), line) for stream in streams for at, line, *_ in stream["values"])]


def test_errors_of_the_last_hour_are_12_by_service_and_category(estate):
    answer = ask_json(estate.served, "loki_errors", {"since": "1h", "model": "shop"})
    assert answer["total"] == 12
    groups = {group["service"]: (group["count"], group["category"]) for group in answer["groups"]}
    assert groups == {"auth-service": (8, "authentication timeout"), "frontend-service": (3, "database connection"), "payment-service": (1, "rate limit")}
    text = ask(estate.served, "loki_errors", {"model": "shop"})
    assert "12 of 12 errors" in text and "auth-service" in text.splitlines()[3], text
    everything = ask_json(estate.served, "loki_errors", {})
    assert everything["total"] == 22


def test_onset_is_20_minutes_ago(estate):
    group = ask_json(estate.served, "loki_errors", {"model": "shop", "service": "auth-service"})["groups"][0]
    onset = time.mktime(time.strptime(group["onset"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert abs(estate.end - onset - 20 * 60) <= 60


def test_search_for_timeout_finds_8_lines_of_three_services(estate):
    answer = ask_json(estate.served, "loki_search", {"text": "timeout", "model": "shop"})
    assert (answer["total"], answer["services"]) == (8, [["auth-service", 5], ["api-gateway", 2], ["database", 1]])
    assert [line["line"] for line in answer["lines"]] == lines_of(estate, f'{{juju_model_uuid="{estate.shop}"}} |~ "(?i)timeout"')
    assert "8 lines: auth-service 5, api-gateway 2, database 1" in ask(estate.served, "loki_search", {"text": "timeout", "model": "shop"})
    exact = ask_json(estate.served, "loki_search", {"text": "Timeout", "case_sensitive": True, "model": "shop"})
    assert exact["total"] == 2
    regex = ask_json(estate.served, "loki_search", {"regex": "time-?out", "service": "auth-service"})
    assert regex["total"] == 13 and "juju_application" in regex["origin"]


def test_patterns_are_three_groups_of_errors(estate):
    groups = ask_json(estate.served, "loki_patterns", {"model": "shop"})["groups"]
    assert [group["count"] for group in groups] == [8, 3, 1]
    assert all(group["first"] <= group["last"] for group in groups) and "<n> ms" in groups[0]["pattern"]
    every = ask_json(estate.served, "loki_patterns", {"model": "shop", "all": True})["groups"]
    assert every[0]["count"] == 20 and sum(group["count"] for group in every) == 40


def test_discovery_equals_direct_queries(estate):
    window = {"start": (estate.end - 3600) * 10**9, "end": (estate.end + 60) * 10**9}
    assert ask_json(estate.served, "loki_labels")["result"] == sorted(direct(estate, "labels", **window))
    assert ask_json(estate.served, "loki_labels", {"name": "juju_application"})["result"] == sorted(direct(estate, "label/juju_application/values", **window))
    of_shop = direct(estate, "labels", query=f'{{juju_model_uuid="{estate.shop}"}}', **window)
    assert ask_json(estate.served, "loki_labels", {"model": "shop"})["result"] == sorted(of_shop)
    series = direct(estate, "series", **window, **{"match[]": '{juju_model="shop"}'})
    key = lambda one: sorted(one.items())  # noqa: E731
    assert sorted(ask_json(estate.served, "loki_series")["result"], key=key) == sorted(series, key=key)
    volumes = {one["labels"]["juju_application"]: one["bytes"] for one in ask_json(estate.served, "loki_volume")["result"]}
    found = direct(estate, "index/volume", query='{juju_model="shop"}', targetLabels="juju_application", **window)["result"]
    assert volumes == {one["metric"]["juju_application"]: int(one["value"][1]) for one in found}


def test_queries_equal_direct_queries_in_both_directions(estate):
    query = '{juju_application="frontend-service"} |= "served"'
    every = lines_of(estate, query)
    for direction, expected in (("backward", every[-7:]), ("forward", every[:7])):
        answer = ask_json(estate.served, "loki_query_range", {"query": query, "direction": direction, "lines": 7})
        assert [line["line"] for line in answer["lines"]] == expected
        assert "there are more" in answer["note"]
    count = 'sum by (juju_application) (count_over_time({juju_model="shop"}[1h]))'
    answer = {one["metric"]["juju_application"]: float(one["value"][1]) for one in ask_json(estate.served, "loki_query", {"query": count})["series"]}
    found = direct(estate, "query", query=count, time=real_backends.now())["result"]
    assert answer == {one["metric"]["juju_application"]: float(one["value"][1]) for one in found}
    rate = {"query": count.replace("1h", "5m"), "step": "60s", "points": True, "since": "30m"}
    series = ask_json(estate.served, "loki_query_range", rate)["series"]
    assert {one["metric"]["juju_application"] for one in series} >= {"auth-service", "stolen-service"}
    shape = ask(estate.served, "loki_query_range", rate | {"points": False})
    assert "Median" in shape and "auth-service" in shape


def test_syntax_error_has_the_words_of_loki(estate):
    text = ask(estate.served, "loki_query_range", {"query": '{app="a"} |~ "x'}, fails=True)
    assert "parse error at line 1, col" in text and "literal not terminated" in text
    text = ask(estate.served, "loki_query_range", {"query": '{app="a"} |~ "x', "model": "shop"}, fails=True)
    assert "cannot be limited to a model" in text


def calls_with_model():
    """One call of each tool."""
    return [("loki_errors", {}), ("loki_patterns", {"all": True}), ("loki_search", {"text": "timeout"}), ("loki_labels", {}),
            ("loki_labels", {"name": "juju_application"}), ("loki_series", {}), ("loki_volume", {"by": ["juju_application", "secret_label"]}),
            ("loki_query", {"query": '{juju_model=~".+"}'}), ("loki_query_range", {"query": '{juju_model=~".+"} |= "timeout"'}),
            ("loki_tail", {"query": '{juju_model=~".+"}', "seconds": 1})]


def test_role_of_one_model_sees_nothing_of_another(estate):
    for tool, arguments in calls_with_model():
        refused = ask(estate.served, tool, arguments, "shop-only", fails=True)
        assert CANARY not in refused and "stolen" not in refused, refused
        answer = ask(estate.served, tool, arguments | {"model": "shop", "format": "json"}, "shop-only")
        assert CANARY not in answer and "stolen" not in answer, (tool, answer)
    refused = ask(estate.served, "loki_search", {"text": "x", "service": "stolen-service", "model": "shop"}, "shop-only", fails=True)
    assert CANARY not in refused


# Parts of queries that try to leave the selector, or to be read in two ways.
PARTS = ['{juju_model=~".+"}', '{', '}', f'juju_model_uuid="{OTHER}"', f'{{juju_model_uuid="{OTHER}"}}', ', ', '|= "timeout"', '|~ `t`', '# ', '\n', '// ', '/* ', ' */',
         '"', '`', "'", '\\', '\\"', ' or ', ' and ', 'sum by (secret_label) (count_over_time(', '[1h]))', ') ', '(', '[1h]', '|', ' label_format juju_model_uuid="x"', ' | json',
         ' | line_format "{{.secret_label}}"', 'rate(', '!=', '=~', '".*"', ' unless ', ' offset 1m', '\u00a0', '\ufeff', '\u0000', 'topk(5, ', ' | drop juju_model_uuid']


def hostile_queries(count):
    """Queries of such parts; half of them begin with one that works."""
    numbers = random.Random(15)
    known = ['{juju_model=~".+"}', f'{{juju_model_uuid="{OTHER}"}}', '{juju_application=~".*service"}', 'sum by (secret_label) (count_over_time({juju_model=~".+"}[1h]))']
    for number in range(count):
        start = numbers.choice(known) if number % 2 else ""
        yield start + "".join(numbers.choice(PARTS) for _ in range(numbers.randrange(8)))


def test_hostile_queries_return_no_line_of_another_model(estate):
    answered = 0
    for query in [*hostile_queries(300), f'{{juju_model="shop"}} #}}\n or {{juju_model_uuid="{OTHER}"}}', f'{{juju_model="shop" /* }} */ }} // {{juju_model_uuid="{OTHER}"}}']:
        for tool in ("loki_query", "loki_query_range"):
            result = real_backends.call(estate.served.url, "juju_run_command", {"command": tool, "arguments": {"query": query, "model": "shop", "format": "json"}},
                                        estate.served.tokens["shop-only"])
            text = text_of(result)
            # the query itself may be repeated in an error; the other model's lines, labels and services not
            assert CANARY not in text and "stolen-service" not in text and "fatal timeout number" not in text, (query, text)
            answered += not result.get("isError")
    assert answered > 30, answered


def test_any_text_is_found_literally(estate):
    numbers = random.Random(7)
    texts = ['a"b', "a`b", "a\\b", "a.*b", "{x}", "(?i)A", "$^", "50%", "é", "\U0001f600", "a'b", "[0-9]", "# no comment", "// x", "\\x41", '"', "\\", "`"]
    texts += ["".join(numbers.choice('ab"`\\.*[](){}|=~#/\'$^+?é 1') for _ in range(numbers.randrange(2, 12))).strip() or "x" for _ in range(40)]
    lines = [f"<{text}> line {number}" for number, text in enumerate(texts)]
    now = time.time()
    push(estate.url, [(labels(estate.shop, "literal"), [(now - 30 + number / 100, line) for number, line in enumerate(lines)])])
    query = '{juju_application="literal"}'
    eventually("the lines are stored", lambda: len(lines_of(estate, query)) == len(lines), 0.2)
    for text in texts:
        for model in ({}, {"model": "shop"}):
            answer = ask_json(estate.served, "loki_search", {"text": text, "case_sensitive": True, "query": query, "limit": 200} | model)
            assert [line["line"] for line in answer["lines"]] == [line for line in lines if text in line], text
        found = ask_json(estate.served, "loki_search", {"text": text.upper(), "query": query, "model": "shop"})
        assert found["total"] >= sum(text in line for line in lines), text


def test_pages_of_many_lines_have_no_gap(estate):
    start = estate.end - 3000
    # many lines of one nanosecond, as a burst has them
    lines = [(start + number // 40, f"burst {number:05}") for number in range(12000)]
    push(estate.url, [(labels(estate.shop, "burst"), lines)])
    groups = ask_json(estate.served, "loki_patterns", {"service": "burst", "all": True})
    assert groups["groups"][0]["count"] == 10000 and "newest 10000" in groups["note"]
    found = ask_json(estate.served, "loki_query_range", {"query": '{juju_application="burst"}', "lines": 5000, "direction": "forward", "limit": 5000})
    assert [line["line"] for line in found["lines"]] == [line for _, line in lines[:len(found["lines"])]]


def test_tail_shows_new_lines_at_once_and_ends(estate):
    seen = {}

    def write():
        time.sleep(2)
        for number in range(3):
            seen[f"new line {number}"] = time.time()
            push(estate.url, [(labels(estate.shop, "frontend-service"), [(time.time(), f"new line {number}")]),
                              (labels(OTHER, "stolen-service"), [(time.time(), f"{CANARY} {number}")])])
            time.sleep(0.5)

    writer = threading.Thread(target=write)
    writer.start()
    arrived = {}
    with requests.post(estate.served.base + "/mcp/x/loki", stream=True, timeout=TEST_TIMEOUT, headers={
            "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "loki_tail",
            "Authorization": f"Bearer {estate.served.tokens['admin']}"}, json={
                "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                    "name": "loki_tail", "arguments": {"service": "frontend-service", "model": "shop", "lines": 3, "seconds": 20, "format": "json"},
                    "_meta": {"progressToken": "t", "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                              "io.modelcontextprotocol/clientCapabilities": {}, "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"}}}}) as answer:
        for line in answer.iter_lines():
            event = json.loads(line[5:]) if line.startswith(b"data:") and line[5:].strip() else {}
            if event.get("method") == "notifications/progress":
                message = event["params"].get("message", "")
                arrived |= {text: time.time() for text in seen if text in message and text not in arrived}
            if "result" in event:
                result = event["result"]
    writer.join()
    # the last line ends the call, and its result can overtake its progress
    assert set(list(seen)[:2]) <= set(arrived), (arrived, seen, text_of(result))
    print("seconds until a line is seen:", [round(arrived[text] - seen[text], 3) for text in arrived])
    tailed = json.loads(text_of(result))
    assert [line["line"] for line in tailed["lines"]] == list(seen) and tailed["ended"] == "after 3 lines"
    assert CANARY not in text_of(result)
    quiet = ask_json(estate.served, "loki_tail", {"service": "payment-service", "seconds": 1})
    assert quiet["lines"] == [] and quiet["ended"] == "after 1 s"


def test_hung_loki_ends_at_the_time_limit_and_recovers(estate):
    estate.process.send_signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        text = ask(estate.served, "loki_errors", {"model": "shop"}, fails=True)
        print("seconds until the time limit of 5 s:", round(time.monotonic() - start, 2))
        assert "did not answer within 5 s" in text
        assert "shop" in ask(estate.served, "juju_models", {})
    finally:
        estate.process.send_signal(signal.SIGCONT)
    eventually("Loki answers again", lambda: "12 of 12" in ask(estate.served, "loki_errors", {"model": "shop", "query": '{juju_application=~".*-service"}'}), 0.5)


def test_log_of_juju_replaces_a_missing_loki(tmp_path, sim):  # noqa: F811
    with server(tmp_path, {}, sim) as served:
        for tool, arguments in (("loki_errors", {}), ("loki_patterns", {"all": True}), ("loki_search", {"text": "hook"})):
            refused = ask(served, tool, arguments, fails=True)
            assert "no Loki is configured" in refused and "`model`" in refused
            text = ask(served, tool, arguments | {"model": "shop", "since": "30d"})
            assert "from Juju's own log of admin/shop" in text
        found = ask_json(served, "loki_search", {"text": "hook", "model": "shop", "since": "30d"})
        direct_log = ask_json(served, "juju_debug_log", {"model": "shop", "contains": "hook", "lines": 2000})
        assert found["total"] == len(direct_log["lines"])
        assert "no Loki is configured" in ask(served, "loki_labels", {"model": "shop"}, fails=True)


def test_unreachable_loki_is_named_and_used_once_it_is_there(tmp_path, sim):  # noqa: F811
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with server(tmp_path, {"loki": {"url": f"http://127.0.0.1:{taken.getsockname()[1]}"}}, sim) as served:
            assert "cannot reach Loki `default`" in ask(served, "loki_labels", {}, fails=True)
