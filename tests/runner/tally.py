"""Counts what passed, failed and was skipped, from the closing lines of the test programs."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

CARGO = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
PLAIN = re.compile(r"^(?:=+ )?(?=\d+ (?:passed|failed|skipped|error))((?:\d+ [a-z]+(?:, )?)+)(?: in [\d.]+s.*)?$")


class Tally:
    """The counts of one part, with the reasons of what failed or was skipped as a whole."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.seconds = 0.0
        self.reasons, self.skips = [], []

    def fail(self, reason):
        """One failure that no test program counted."""
        self.failed += 1
        self.reasons.append(reason)

    def skip(self, reason):
        """One thing that this machine cannot provide."""
        self.skipped += 1
        self.skips.append(reason)

    def add(self, other):
        """Adds another tally's counts."""
        self.passed, self.failed, self.skipped = (
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def line(self):
        """The closing line of a run."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def read(self, line):
        """Adds the counts of a test program's closing line; false if the line is none."""
        found = CARGO.search(line)
        if found:
            passed, failed, skipped = map(int, found.groups())
        else:
            found = PLAIN.match(line.strip())
            if not found:
                return False
            counts = {word.rstrip("s"): int(n) for n, word in re.findall(r"(\d+) ([a-z]+)", found.group(1))}
            passed, failed, skipped = counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0), counts.get("skipped", 0)
        self.passed, self.failed, self.skipped = self.passed + passed, self.failed + failed, self.skipped + skipped
        return True

    def command(self, argv, minutes=20, **environment):
        """Runs a command, prints its output, and adds the counts of its closing lines; without any, the command counts as one test.

        Its temporary files, also those of programs that it killed, are removed; after a failure they stay.
        """
        temporary = tempfile.mkdtemp(prefix="juju-mcp-test-")
        os.chmod(temporary, 0o711)  # the programs of the charm run as another user
        succeeded = self.command_with({"TMPDIR": temporary} | environment, argv, minutes)
        if succeeded:
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            print(f"temporary files: {temporary}", flush=True)
        return succeeded

    def command_with(self, environment, argv, minutes):
        """As `command`, without a folder for temporary files."""
        argv = [str(word) for word in argv]
        print("$ " + " ".join(argv), flush=True)
        program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", env=os.environ | {k: str(v) for k, v in environment.items()}, start_new_session=True)
        timed_out = threading.Event()

        def stop():
            timed_out.set()
            os.killpg(program.pid, signal.SIGKILL)

        timer = threading.Timer(minutes * 60, stop)
        timer.start()
        counted, failed_before = False, self.failed
        try:
            for line in program.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                counted |= self.read(line)
            code = program.wait()
        finally:
            timer.cancel()
        if timed_out.is_set():
            self.fail(f"`{' '.join(argv)}` did not end within {minutes} minutes")
        elif code and self.failed == failed_before:
            self.fail(f"`{' '.join(argv)}` ended with {code}")
        elif not code and not counted:
            self.passed += 1
        return code == 0
