# SPDX-License-Identifier: Apache-2.0
"""What every test against a real server needs: the servers of scripts/peers, waiting, and an end with a meaning."""
import json
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ["DFI_BIN"])
SCRATCH = Path(os.environ["DFI_PEERS_SCRATCH"])
AUTHORITY = SCRATCH / "ca"  # one certificate authority for all servers of a test
OWN_NETWORK = "DFI_PEERS_OWN_NETWORK" in os.environ
PATIENCE = 30  # seconds; reached only by a failure


def wait_until(condition, what):
    """Polls until the condition holds and returns what it returned."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.05)


class Peer:
    """A server of scripts/peers in a directory of its own; ended by pid when the test class is done."""

    def __init__(self, test_class, name, *arguments, ports=None):
        self.name = name
        self.directory = SCRATCH / name
        self.directory.mkdir(exist_ok=True)
        for kind, port in (ports or {}).items():
            (self.directory / f"port.{kind}").write_text(f"{port}\n")
        test_class.addClassCleanup(self._script, "stop", self.directory)
        started = self._script("start", self.directory, *arguments, AUTHORITY)
        self.answer = started.stdout.strip()
        if started.returncode == 77:
            raise unittest.SkipTest(started.stderr.strip())
        if started.returncode != 0:
            raise AssertionError(f"{name} does not start: {started.stderr}\n{self.log()}")

    def _script(self, verb, *arguments):
        # Output into files: a daemon that inherited a pipe would keep it open.
        files = [SCRATCH / f"{self.name}.{verb}.{stream}" for stream in ("out", "err")]
        with files[0].open("w") as out, files[1].open("w") as err:
            done = subprocess.run([REPOSITORY / "scripts/peers" / self.name, verb, *map(str, arguments)],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=60, check=False)
        done.stdout, done.stderr = (file.read_text() for file in files)
        return done

    def _setting(self, name):
        return (self.directory / name).read_text().strip()

    def port(self, kind):
        return int(self._setting(f"port.{kind}"))

    @property
    def user(self):
        return self._setting("user")

    @property
    def password(self):
        return self._setting("password")

    def log(self):
        files = [file for file in (self.directory / "log").glob("*") if file.is_file()]
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')}" for file in sorted(files))

    def mailbox(self):
        """Every mail in the maildir, as bytes."""
        return [file.read_bytes() for file in sorted((self.directory / "maildir/new").glob("*"))]

    def with_subject(self, subject):
        return [mail for mail in self.mailbox() if f"\nSubject: {subject}\n".encode() in mail.replace(b"\r\n", b"\n")]

    def records(self):
        """What the aiosmtpd peer kept: pairs of envelope and raw mail, in order of arrival."""
        files = sorted((self.directory / "mails").glob("[0-9]*.json"), key=lambda file: int(file.stem))
        return [(json.loads(file.read_text()), file.with_suffix(".eml").read_bytes()) for file in files]


class _Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    """unittest.main() with exit 77 if nothing could be tried."""
    runner = unittest.TextTestRunner(verbosity=2, resultclass=_Result, stream=sys.stdout)
    result = unittest.main(module="__main__", testRunner=runner, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(0 if result.passed else 77)
