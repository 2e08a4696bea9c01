# SPDX-License-Identifier: Apache-2.0
"""Other people's mail clients as second opinions: each hands one ready message to a peer's submission port."""
import shutil
import subprocess
import unittest

from peers import AUTHORITY, SCRATCH

SENDER = "directfax@example.com"


def _run(peer, command, **options):
    if not shutil.which(command[0]):
        raise unittest.SkipTest(f"{command[0]} is not installed")
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}\n{peer.log()}")


def _has_login(peer):
    return (peer.directory / "user").exists()


def curl(peer, recipient, message):
    login = ["--user", f"{peer.user}:{peer.password}"] if _has_login(peer) else []
    # curl sends line ends as they are; it gets the right ones.
    _run(peer, ["curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", AUTHORITY / "ca.pem", *login,
                "--url", f"smtp://localhost:{peer.port('submission')}/client.example.com", "--mail-from", SENDER,
                "--mail-rcpt", recipient, "--upload-file", "-"], input=message)


def msmtp(peer, recipient, message):
    configuration = SCRATCH / "msmtprc"
    login = f"auth plain\nuser {peer.user}\npassword {peer.password}\n" if _has_login(peer) else "auth off\n"
    configuration.touch(mode=0o600)
    configuration.write_text(f"""account default
host localhost
port {peer.port("submission")}
domain client.example.com
from {SENDER}
tls on
tls_starttls on
tls_trust_file {AUTHORITY / "ca.pem"}
{login}""")
    _run(peer, ["msmtp", f"--file={configuration}", "--", recipient], input=message.replace(b"\r\n", b"\n"))


def swaks(peer, recipient, message):
    login = ["--auth", "PLAIN", "--auth-user", peer.user, "--auth-password", peer.password] if _has_login(peer) else []
    _run(peer, ["swaks", "--server", "localhost", "--port", peer.port("submission"), "--tls", *login,
                "--helo", "client.example.com", "--from", SENDER, "--to", recipient, "--data", "-"],
         # It adds the last line end, and would take a last line with a lone dot for the end of the mail.
         input=message.replace(b"\r\n", b"\n").removesuffix(b"\n"))


ALL = (curl, msmtp, swaks)
