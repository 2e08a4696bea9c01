# SPDX-License-Identifier: Apache-2.0
"""Figures of the queue and the engine: draining beside Postfix's own client, acceptance, a large backlog, rest."""
import contextlib
import os
import shutil
import socket
import sqlite3
import sys
import time
from pathlib import Path

from figures import chapter
from postfix import WAYS, Sender
from stage import RAM, SCRATCH, bench, cpu_of_tree, free_port, status_of, switches, wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests/peers"))
from product import Product  # noqa: E402


def make_product(name, port, **keys):
    """The newest release, sending to a port on this machine with STARTTLS and no login."""
    product = Product(name, None)
    product.configure(**({"port": port, "tls_mode": "*STARTTLS", "auth": "*NONE"} | keys))
    return product


def unsent(product):
    with contextlib.closing(sqlite3.connect(f"file:{product.root}/var/opt/directfax/FAXKA?mode=ro", uri=True)) as queue:
        return queue.execute("SELECT count(*) FROM FAXKA WHERE KASTAT <> 'sent'").fetchone()[0]


class Queues:
    def __init__(self, ca, sink, quick):
        self.ca, self.sink, self.quick = ca, sink, quick
        self._runs = 0

    def _fill(self, product, count, size):
        self._runs += 1
        bench("fill", product.root, "--run", f"fill{self._runs}", "--count", count, "--size", size)

    def drain(self, figures, rounds):
        chapter("From the queue to the sink: mails of 10 KiB, TLS, connections used again, beside Postfix's own client",
                "scripts/bench mail --only drain")
        count, size = (500 if self.quick else 2000), 10 * 1024
        product = make_product("drain", self.sink.port)
        sender = Sender(SCRATCH / "sender", self.ca, free_port())
        for connections in (1, 4):
            product.configure(max_connections=connections)
            kind = f"{connections} connection{'s' if connections > 1 else ''}"
            for number in range(rounds):
                turns = ["faxmaild", *WAYS]
                for name in turns if number % 2 == 0 else reversed(turns):
                    wall, cpu = (self._drain_ours(product, count, size) if name == "faxmaild" else
                                 self._drain_postfix(sender, connections, name, count, size))
                    figures.note(f"{kind} {name}: seconds", wall)
                    figures.note(f"{kind} {name}: CPU", cpu)
            for what in ("seconds", "CPU"):
                figures.show(f"{kind} faxmaild: {what}", "s", 2)
                for way in WAYS:
                    figures.show(f"{kind} {way}: {what}", "s", 2)
                best = min(WAYS, key=lambda way: figures.median(f"{kind} {way}: {what}"))
                figures.ratio(f"{kind} {what}", f"{kind} faxmaild: {what}", f"{kind} {best}: {what}")
                figures.demand(f"{kind}: {what} as a share of Postfix's at its best", figures.median(f"{kind} {what}"), "<", 1)

    def _drain_ours(self, product, count, size):
        self._fill(product, count, size)
        os.sync()
        with self.sink.arrivals() as arrivals, product.engine() as engine:
            arrivals.await_count(count)
            wait_until(lambda: unsent(product) == 0, "the results are stored")
            cpu = cpu_of_tree(engine.pid)
        return arrivals.last - arrivals.first, cpu

    def _drain_postfix(self, sender, connections, way, count, size):
        sender.start_filling()
        bench("own", sender.port, self.ca / "ca.pem", count, size, "--starttls")
        sender.stop()
        os.sync()
        with self.sink.arrivals() as arrivals:
            sender.start_draining(self.sink.port, connections, way)
            arrivals.await_count(count)
            wait_until(lambda: sender.waiting("incoming", "active", "deferred") == 0, "Postfix's queue is empty")
            cpu = sender.cpu()
        sender.stop()
        return arrivals.last - arrivals.first, cpu

    def accept(self, figures, rounds):
        chapter("Durable acceptance, 8 producers, beside one fsynced file per mail", "scripts/bench mail --only accept")
        product = make_product("accept", self.sink.port)
        for name, size, count in (("1 KiB", 1024, 8000), ("200 KiB", 200 * 1024, 1600)):
            count = count // 8 if self.quick else count
            for number in range(rounds):
                for mode in ("accept", "accept-files") if number % 2 == 0 else ("accept-files", "accept"):
                    place = product.root if mode == "accept" else SCRATCH / "files"
                    result = bench(mode, place, "--producers", 8, "--count", count, "--size", size)
                    for key, value in result.items():
                        figures.note(f"{name} {mode} {key}", value)
                    shutil.rmtree(SCRATCH / "files", ignore_errors=True)
                    os.sync()
            figures.ratio(f"{name} speed", f"{name} accept rate", f"{name} accept-files rate")
            for mode in ("accept", "accept-files"):
                figures.show(f"{name} {mode} rate", "mails/s", 0)
                for key in ("p50_ms", "p99_ms", "max_ms"):
                    figures.show(f"{name} {mode} {key}", "ms", 2)
        figures.demand("1 KiB: mails/s as a multiple of the files", figures.median("1 KiB speed"), ">=", 5)
        figures.demand("1 KiB: p99", figures.median("1 KiB accept p99_ms"), "<", 20, " ms")
        figures.demand("200 KiB: mails/s as a multiple of the files", figures.median("200 KiB speed"), ">=", 0.8)

    def backlog(self, figures, rounds):
        count = 5_000 if self.quick else 100_000
        chapter(f"{count:,} queued mails", "scripts/bench mail --only backlog")
        product = make_product("backlog", self.sink.port)
        self._fill(product, count, 1024)
        for _ in range(rounds):
            with notify_socket() as ready, self.sink.arrivals() as arrivals:
                begun = time.monotonic()
                with product.engine() as engine:
                    ready.recv(4096)
                    figures.note("start", time.monotonic() - begun)
                    arrivals.await_count(1)
                    figures.note("first mail", arrivals.first - begun)
                    time.sleep(3)  # under load, where memory is needed
                    figures.note("memory", status_of(engine.pid, "VmHWM") / 1024)
            print(f"    sent in 3 s: {arrivals.count}")
        figures.demand("resident memory at its highest", figures.median("memory"), "<", 30, " MiB")
        figures.demand("start to READY=1", figures.median("start"), "<", 1, " s")
        figures.demand("start to the first mail at the sink", figures.median("first mail"), "<", 2, " s")

    def idle(self, figures, rounds):
        seconds = 10
        chapter("At rest: an empty queue", "scripts/bench mail --only idle")
        product = make_product("idle", self.sink.port)
        for _ in range(rounds):
            with product.engine() as engine:
                time.sleep(3)
                before, cpu = switches(engine.pid), cpu_of_tree(engine.pid)
                time.sleep(seconds)
                figures.note("wake-ups", (switches(engine.pid) - before) / seconds)
                figures.note("idle CPU", (cpu_of_tree(engine.pid) - cpu) / seconds)
        figures.show("idle CPU", "s per second", 4)
        # 1.2: the window of ten seconds may hold eleven of them.
        figures.demand("context switches of all threads per second", figures.median("wake-ups"), "<=", 1.2)


@contextlib.contextmanager
def notify_socket():
    """What systemd would listen to."""
    path = RAM / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind(str(path))
        ready.settimeout(60)
        os.environ["NOTIFY_SOCKET"] = str(path)
        try:
            yield ready
        finally:
            del os.environ["NOTIFY_SOCKET"]
            path.unlink()
