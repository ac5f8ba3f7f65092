"""The actions: which command of the program each runs, with which token, and what it returns."""
import dataclasses
import os
import pathlib

import actions
import ops
import pytest
import yaml
from conftest import TREE, Deployment
from ops import testing

PROGRAM = "/usr/bin/juju-mcp"
DECLARED = yaml.safe_load((TREE / "charmcraft.yaml").read_text())["actions"]


def run(deployment, name, output="done", error=None, **parameters):
    """Runs an action while the program prints `output`, or fails with `error`; returns its results."""
    execution = testing.Exec([PROGRAM], stdout=output) if error is None else testing.Exec([PROGRAM], return_code=1, stderr=f"juju-mcp: {error}\n")
    container = deployment.state.get_container("juju-mcp")
    deployment.change(containers={dataclasses.replace(container, execs={execution})})
    parameters = {key.replace("_", "-"): value for key, value in parameters.items()}
    deployment.run(deployment.context.on.action(name, params=parameters))
    return deployment.context.action_results


def failure(deployment, name, **parameters):
    """The message with which an action fails."""
    with pytest.raises(testing.ActionFailed) as raised:
        run(deployment, name, **parameters)
    return raised.value.message


def last_command(deployment):
    """The arguments of the last command of the program."""
    program, *words = deployment.commands()[-1]
    assert program == PROGRAM
    return words


@pytest.fixture
def approving():
    """A deployment with a static token for approvers."""
    deployed = Deployment()
    tokens = testing.Secret({"approver": "token-of-the-approver"})
    deployed.change(secrets={*deployed.state.secrets, tokens}, relations=set())
    deployed.configure(static_tokens=tokens.id)
    deployed.run()
    return deployed


@pytest.mark.parametrize(("name", "parameters", "command"), [
    ("list-roles", {}, "policy roles --format=json --config=config.yaml"),
    ("verify-controller", {}, "config check --connect config.yaml"),
    ("verify-audit", {}, "audit verify --state-dir=/var/lib/juju-mcp"),
    ("check-access", {"tool": "add-unit", "caller": "group:a", "model": "prod"},
     "policy explain --format=json --config=config.yaml --caller=group:a --model=prod --tool=add-unit"),
])
def test_action_runs_the_command_in_the_active_folder(deployment, name, parameters, command):
    assert run(deployment, name, **parameters) == {"output": "done"}
    *words, = last_command(deployment)
    assert sorted(words) == sorted(command.split())
    assert deployment.context.exec_history["juju-mcp"][-1].working_dir == "/etc/juju-mcp/active"


def test_parameters_of_each_action_become_options_of_the_program():
    for name, command in actions.COMMANDS.items():
        parameters = {key: "x" for key in DECLARED[name].get("params", {}) if key != "status"}
        words = actions.arguments(name, parameters, {"state_dir": "S", "file": "F"}, {})
        options = {key for key in parameters if key not in ("id", "file", "token-secret")}
        assert {f"--{key}=x" for key in options} <= set(words), name
        assert ("id" in parameters) == (words[-2:] == ["--", "x"])
        assert not [argument for argument in words if "{" in argument] and set(command) <= {"run", "calls", "download", "upload"}


def test_parameter_cannot_become_another_option(deployment):
    run(deployment, "check-access", tool="--config=/etc/shadow", caller="group:a --role=admin")
    assert {"--tool=--config=/etc/shadow", "--caller=group:a --role=admin"} <= set(last_command(deployment))


def test_failed_command_fails_the_action_with_the_message_and_the_remedy(deployment):
    assert failure(deployment, "verify-controller", error="invalid entity name or password\nset the password") == (
        "invalid entity name or password; set the password")


def test_action_without_a_container_fails_with_a_reason():
    deployment = Deployment()
    deployment.change(containers={testing.Container("juju-mcp", can_connect=False)})
    with pytest.raises(testing.ActionFailed) as raised:
        deployment.run(deployment.context.on.action("list-roles"))
    assert raised.value.message
    deployment.run(deployment.context.on.action("get-url"))
    assert deployment.context.action_results["url"].endswith("/mcp")


def test_get_url_follows_the_public_url(deployment):
    deployment.configure(public_url="https://mcp.example/")
    assert run(deployment, "get-url") == {"url": "https://mcp.example/mcp", "console": "https://mcp.example/console"}


def test_get_oauth_client_hides_the_secret_unless_requested(deployment):
    hidden = run(deployment, "get-oauth-client")
    assert hidden["client-id"] == "client-1" and hidden["issuer-url"] == "https://iam.example" and hidden["audience"].endswith("/mcp")
    assert "oauth-client-password" not in str(hidden)
    assert run(deployment, "get-oauth-client", reveal_secret=True)["client-secret"] == "oauth-client-password"
    deployment.unrelate("oauth")
    assert failure(deployment, "get-oauth-client") == "no identity provider has registered a client: integrate `oauth`"


@pytest.mark.parametrize("name", ["approve", "reject"])
def test_decision_uses_the_static_token_of_the_approver_and_removes_the_file(approving, name):
    run(approving, name, id="01890a5d", digest="8c0f", reason="change 4711")
    first, second, *options, dashes, last = last_command(approving)
    assert (first, second, dashes, last) == ("approvals", name, "--", "01890a5d")
    assert {"--digest=8c0f", "--reason=change 4711", "--url=http://127.0.0.1:8080", "--format=json"} < set(options)
    (token,) = [option.removeprefix("--token-file=") for option in options if option.startswith("--token-file=")]
    assert token.startswith("/etc/juju-mcp/temporary-") and list(approving.etc().glob("temporary-*")) == []
    assert "token-of-the-approver" not in str(approving.commands())


def test_decision_uses_the_token_of_a_person_if_a_secret_is_given(approving):
    person = testing.Secret({"token": "token-of-ana"})
    approving.change(secrets={*approving.state.secrets, person})
    written = []
    push = ops.Container.push
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ops.Container, "push", lambda self, path, source, **options: (
            written.append((path, source, options)), push(self, path, source, **options)))
        run(approving, "approve", id="1", digest="d", token_secret=person.id)
    (token,) = [(source, options) for path, source, options in written if "temporary" in path]
    assert token == ("token-of-ana", {"permissions": 0o600})


def test_decision_without_a_token_fails_with_the_ways_to_give_one(deployment):
    for name in actions.COMMANDS:
        if actions.COMMANDS[name].get("calls"):
            parameters = {} if name == "list-approvals" else {"id": "1", "digest": "d"}
            message = failure(deployment, name, **parameters)
            assert "`token-secret`" in message and "`static-tokens`" in message
            assert "juju grant-secret" in failure(deployment, name, token_secret="secret:cc7u9tl4d9e2ql3s4l70", **parameters)


def test_export_and_backup_are_brought_into_the_charm_container_for_their_owner(deployment):
    for name, file, flag in (("export-audit", "ledger.jsonl", "--output="), ("create-backup", "juju-mcp.backup", "")):
        pull = ops.Container.pull
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ops.Container, "pull", lambda self, path, **options: (
                pathlib.Path(os.devnull).open("rb") if "temporary" in str(path) else pull(self, path, **options)))
            results = run(deployment, name)
        words = last_command(deployment)
        assert [argument for argument in words if argument.startswith(f"{flag}/etc/juju-mcp/temporary-")]
        local = pathlib.Path(results["file"])
        assert local.name == file and local.exists() and local.parent.stat().st_mode & 0o777 == 0o700
        assert results["command"] == f"juju scp juju-mcp/0:{local} ."
        local.unlink()
        local.parent.rmdir()


def test_restore_stops_the_server_and_starts_it_again_even_after_a_failure(deployment, tmp_path):
    backup = tmp_path / "backup"
    backup.write_bytes(b"\x00\xff")
    states = []
    for method in ("stop", "start"):
        original = getattr(ops.Container, method)
        states.append((method, original))
    calls = []
    with pytest.MonkeyPatch.context() as patch:
        for method, original in states:
            patch.setattr(ops.Container, method, lambda self, name, method=method, original=original: (calls.append(method), original(self, name)))
        assert run(deployment, "restore-backup", output="7 records", file=str(backup)) == {"output": "7 records"}
        assert calls == ["stop", "start"]
        assert {"backup", "restore", "--replace", "--state-dir=/var/lib/juju-mcp"} < set(last_command(deployment))
        assert "no intact backup" in failure(deployment, "restore-backup", error="`x` is no intact backup", file=str(backup))
        assert calls == ["stop", "start"] * 2
    assert "No such file" in failure(deployment, "restore-backup", file=str(tmp_path / "missing"))
    assert deployment.state.get_container("juju-mcp").service_statuses["juju-mcp"] == ops.pebble.ServiceStatus.ACTIVE


def test_reconcile_repairs_a_changed_file_and_shows_the_status(deployment):
    (deployment.etc() / "active" / "policy.yaml").unlink()
    deployment.run(deployment.context.on.action("reconcile"))
    assert deployment.context.action_results == {"status": "active", "message": ""}
    assert "policy.yaml" in deployment.files()
