# SPDX-License-Identifier: Apache-2.0
"""The product under test: built, signed, installed by dfinstall into a root of its own, used by its own commands."""
import contextlib
import functools
import json
import subprocess
import unittest
from pathlib import Path

from peers import AUTHORITY, PROGRAMS, REPOSITORY, SCRATCH, wait_until


def run(*command, check=True, text=""):
    done = subprocess.run([str(part) for part in command], input=text, capture_output=True, encoding="utf-8",
                          timeout=60, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


@functools.cache
def releases():
    """The vendor's releases from this source tree; built in a third of a second, once for each test program."""
    target = SCRATCH / "vendor"
    run(PROGRAMS / "dfpack", "keys", "-o", target)
    run(REPOSITORY / "scripts/make-releases", target / "www", "--bin", PROGRAMS, "--key", target / "vendor.key")
    return target


class Product:
    """The newest release, in SCRATCH/NAME."""

    def __init__(self, name, peer):
        self.root = SCRATCH / name
        self.config_directory = self.root / "etc/opt/directfax"
        self.log_file = SCRATCH / f"{name}.log"
        vendor = releases()
        host = self.root / "etc/opt/dfinstall"
        (host / "keys").mkdir(parents=True)
        (host / "keys/vendor.pem").write_bytes((vendor / "vendor.pem").read_bytes())
        (host / "dfinstall.toml").write_text('product = "directfax"\n')
        self.dfinstall("update", max((vendor / "www").glob("DIRFAX_*.zip")))
        self.dfinstall("stop")
        self.faxmail("config", "set", "server=localhost", f"tls_ca_file={AUTHORITY / 'ca.pem'}")
        self.peer = peer

    def dfinstall(self, *arguments):
        return run(PROGRAMS / "dfinstall", "--root", self.root, "--lang", "en", "--yes", *arguments)

    def faxmail(self, *arguments, text=""):
        """One command with --json; its document."""
        program = self.root / "opt/directfax/current/bin/faxmail"
        return json.loads(run(program, "--root", self.root, "--lang", "en", "--json", *arguments, text=text).stdout)

    def doctor(self, *arguments):
        """Its document, whatever it finds."""
        program = self.root / "opt/directfax/current/bin/faxmail"
        return json.loads(run(program, "--root", self.root, "--lang", "en", "--json", "doctor", *arguments,
                              check=False).stdout)

    def configure(self, **keys):
        self.faxmail("config", "set", *(f"{key}={value}" for key, value in keys.items()))

    def write_secret(self, name, content):
        file = self.config_directory / name
        file.touch(mode=0o600)
        file.write_text(content + "\n")
        return name

    def login(self, kind, auth, **keys):
        """The configuration for the peer's port of this kind, with its account."""
        keys = {"port": self.peer.port(kind), "tls_mode": "*IMPLICIT" if kind == "smtps" else "*STARTTLS",
                "ssl": "*YES", "auth": auth, "user": self.peer.user,
                "password_file": self.write_secret("password", self.peer.password)} | keys
        self.configure(**keys)

    def send(self, subject, to=("somebody@example.net",), sender="directfax@example.com", text="Text", attach=None):
        """The number of a new mail in the queue."""
        arguments = ["--from", sender, "--subject", subject, "--text", text]
        for recipient in to:
            arguments += ["--to", recipient]
        if attach:
            arguments += ["--attach", attach]
        return self.faxmail("send", *arguments)["id"]

    def hand_over(self, message, *recipients, sender="directfax@example.com"):
        """The same for a ready message, as another program would submit it to sendmail."""
        text = message.decode().replace("\r\n", "\n")
        return self.faxmail("send", "-i", "-f", sender, *recipients, text=text)["id"]

    def mail(self, number):
        """Status, status by recipient, and the results stored so far."""
        shown = self.faxmail("queue", "show", str(number))
        mail = shown["mail"]
        return mail["status"], {each["address"]: each["status"] for each in mail["recipients"]}, shown["results"]

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @contextlib.contextmanager
    def engine(self):
        """faxmaild runs; at the end it is asked to stop and must end well."""
        with self.log_file.open("w") as log:
            program = self.root / "opt/directfax/current/bin/faxmaild"
            engine = subprocess.Popen([program, "--root", self.root, "--lang", "en"],
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                yield engine
            finally:
                engine.terminate()
                try:
                    code = engine.wait(30)
                except subprocess.TimeoutExpired:
                    engine.kill()
                    raise
        if code != 0:
            raise AssertionError(f"faxmaild ended with {code}\n{self.log()}")

    def _wait(self, condition, what):
        try:
            return wait_until(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n--- faxmaild\n{self.log()}\n{self.peer.log()}") from None

    def wait_for_status(self, number, *states):
        return self._wait(lambda: self.mail(number)[0] in states and self.mail(number), f"mail {number} is {states}")

    def wait_for_results(self, number, count):
        self._wait(lambda: len(self.mail(number)[2]) >= count, f"mail {number} has {count} results")
        return self.mail(number)

    def wait_for_log(self, text):
        return self._wait(lambda: text in self.log(), f"the log says {text!r}")

    def deliver(self, subject, **mail):
        """Sends one mail and waits until it is gone."""
        with self.engine():
            self.wait_for_status(self.send(subject, **mail), "sent")


class ProductTest(unittest.TestCase):
    """A peer, and a fresh product for each test."""

    peer = None

    def setUp(self):
        self.product = Product(self._testMethodName, self.peer)

    def result_of(self, results, recipient):
        (row,) = [row for row in results if row["recipient"] == recipient]
        return row["code"], row["smtp"], row["text"]

    def assert_arrived(self, subject, count=1):
        mails = wait_until(lambda: self.peer.with_subject(subject), f"{subject!r} arrives")
        self.assertEqual(len(mails), count)
        return mails[0].decode()
