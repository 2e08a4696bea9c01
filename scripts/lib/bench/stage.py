# SPDX-License-Identifier: Apache-2.0
"""The machine of a benchmark: directories on disk and in memory, servers, the product, and what its processes cost."""
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

PROGRAMS = Path(os.environ["DFI_BIN"])
SCRATCH = Path(os.environ["DFI_PEERS_SCRATCH"])
RAM = SCRATCH / "ram"
TICKS = os.sysconf("SC_CLK_TCK")


def run(*command, timeout=900, **options):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def bench(*arguments):
    """The figures of one mode of faxmail_bench."""
    return json.loads(run(PROGRAMS / "faxmail_bench", *arguments))


def wait_until(condition, what, patience=60, pause=0.01):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {patience} s")
        time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def certificates():
    """SCRATCH/ca as the peers of the tests have it."""
    common = Path(__file__).resolve().parents[2] / "peers/common.sh"
    run("bash", "-c", 'source "$0" && make_certificates "$1"', common, SCRATCH / "ca")
    return SCRATCH / "ca"


class Background:
    """A process of ours; ended by its own handle."""

    def __init__(self, *command, port=None, **options):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, **options)
        if port:
            wait_until(lambda: listens(port), f"{command[0]} listens", 10)

    def end(self, sign=signal.SIGTERM):
        self.process.send_signal(sign)
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.end()


def _stat(pid):
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2:].split()


def cpu_of_tree(pid):
    """CPU seconds of a process, of its living children, and of those that have ended."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(entry.name)
        except OSError:
            continue
        if int(entry.name) == pid or int(fields[1]) == pid:
            total += sum(map(int, fields[11:15]))
    return total / TICKS


def status_of(pid, key):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise KeyError(key)


def switches(pid):
    """Context switches of all threads: how often anything of this process has run."""
    return sum(status_of(f"{pid}/task/{task.name}", f"{kind}_ctxt_switches")
               for task in Path(f"/proc/{pid}/task").iterdir() for kind in ("voluntary", "nonvoluntary"))


class Arrivals:
    """Times at which mails arrive at a Postfix, from its log, which its own daemons write for everybody alike."""

    def __init__(self, log, sign=b": message-id=<"):
        self._log = log.open("rb")
        self._log.seek(0, os.SEEK_END)
        self._sign = sign
        self._rest = b""
        self.count = 0
        self.first = self.last = None
        self._ended = False
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._ended:
            self._look()
            time.sleep(0.005)
        self._look()

    def _look(self):
        lines = (self._rest + self._log.read()).split(b"\n")
        self._rest = lines.pop()
        new = sum(self._sign in line for line in lines)
        if new:
            self.last = time.monotonic()
            self.first = self.first or self.last
            self.count += new

    def await_count(self, count, patience=600):
        wait_until(lambda: self.count >= count, f"{count} mails arrive", patience)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *unused):
        self._ended = True
        self._thread.join()
        self._log.close()
