# SPDX-License-Identifier: Apache-2.0
"""The storm: faxmaild killed at random moments under load, and stopped and started in order with a full queue. A real
sink writes down every Message-ID it takes; what it has taken is compared with what was accepted."""
import argparse
import collections
import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import figures as table
from queues import make_product, unsent
from stage import PROGRAMS, RAM, Background, bench, certificates, free_port, wait_until

CONNECTIONS = 4
SIZE = 2048
COMPLETE = (1000, 200)  # kills, cycles
SHORT = (20, 5)


class Storm:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.ca = certificates()
        self.directory = RAM / "storm"
        self.directory.mkdir(exist_ok=True)
        self.port = free_port()

    @contextlib.contextmanager
    def sink(self):
        (self.directory / "taken").unlink(missing_ok=True)
        program = os.path.join(os.path.dirname(__file__), "recorder.py")
        with Background("/usr/bin/python3", program, self.port, self.directory, self.ca, port=self.port):
            yield

    def taken(self):
        """Message-ID → subjects it came with."""
        mails = collections.defaultdict(list)
        for line in (self.directory / "taken").read_text().splitlines():
            _, message_id, subject = line.split("\t")
            mails[message_id].append(subject)
        return mails

    def product(self, name):
        return make_product(name, self.port, max_connections=CONNECTIONS, uncertain_minutes=1)

    def start(self, product):
        with product.log_file.open("a") as log:
            return subprocess.Popen([product.root / "opt/directfax/current/bin/faxmaild", "--root", product.root],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def finish(self, product):
        """Everything that waits, for whatever reason, is sent."""
        engine = self.start(product)
        try:
            deadline = time.monotonic() + 600
            while unsent(product):
                product.faxmail("queue", "flush")
                if engine.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{unsent(product)} mails stay in the queue; see {product.log_file}")
                time.sleep(0.5)
        finally:
            engine.terminate()
            engine.wait(60)

    def kills(self, count):
        """Returns accepted, lost, duplicates, those of them that differ."""
        product = self.product("kills")
        accepted = self.directory / "accepted"
        with self.sink():
            with accepted.open("w") as out:
                feeder = subprocess.Popen([PROGRAMS / "faxmail_bench", "feed", product.root, "--run", "kills", "--count", "400",
                                           "--size", str(SIZE)], stdin=subprocess.PIPE, stdout=out)
                for _ in range(count):
                    engine = self.start(product)
                    time.sleep(self.chance.uniform(0.0, 0.4))
                    engine.send_signal(signal.SIGKILL)
                    if engine.wait(30) != -signal.SIGKILL:
                        raise RuntimeError(f"faxmaild ended by itself; see {product.log_file}")
                feeder.stdin.close()
                feeder.wait(60)
            self.finish(product)
        return self.compare(accepted.read_text().split())

    def cycles(self, count, queued):
        product = self.product("cycles")
        with self.sink():
            filled = 0
            for cycle in range(count):
                missing = queued - unsent(product)
                bench("fill", product.root, "--run", f"cycle{cycle}", "--count", missing, "--size", SIZE)
                filled += missing
                engine = self.start(product)
                time.sleep(self.chance.uniform(0.05, 0.5))
                product.faxmail("drain", "--wait", "60")
                engine.terminate()
                if engine.wait(60) != 0:
                    raise RuntimeError(f"faxmaild does not stop in order; see {product.log_file}")
            self.finish(product)
        taken = self.taken()
        return {"mails": filled, "lost": filled - len(taken), "twice": sum(len(each) - 1 for each in taken.values())}

    def compare(self, accepted):
        taken = self.taken()
        return {"mails": len(accepted), "lost": len(set(accepted) - set(taken)), "unknown": len(set(taken) - set(accepted)),
                "twice": sum(len(each) - 1 for each in taken.values()),
                "changed": sum(len(set(each)) > 1 for each in taken.values())}


def run(figures, kills, cycles, seed):
    storm = Storm(seed)
    result = storm.kills(kills)
    print(f"    {kills} times kill -9 while {result['mails']:,} mails were accepted and sent over {CONNECTIONS} connections")
    figures.demand("kill -9: mails lost", result["lost"], "<=", 0)
    figures.demand("kill -9: mails nobody had accepted", result["unknown"], "<=", 0)
    figures.demand("kill -9: second copies (one per connection and kill)", result["twice"], "<=", kills * CONNECTIONS)
    figures.demand("kill -9: second copies that differ from the first", result["changed"], "<=", 0)
    result = storm.cycles(cycles, 1000)
    print(f"    {cycles} times drain, stop and start with 1,000 mails queued; {result['mails']:,} mails in all")
    figures.demand("drain, stop, start: mails lost", result["lost"], "<=", 0)
    figures.demand("drain, stop, start: second copies", result["twice"], "<=", 0)


def chapter(figures, quick):
    table.chapter("The storm", "scripts/storm")
    run(figures, *(SHORT if quick else COMPLETE), seed=int.from_bytes(os.urandom(4), "big"))


def main():
    parser = argparse.ArgumentParser(prog="scripts/storm")
    parser.add_argument("--kills", type=int, default=COMPLETE[0])
    parser.add_argument("--cycles", type=int, default=COMPLETE[1])
    parser.add_argument("--test", action="store_true", help="a short one; with DFI_FULL=1 the whole")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"), help="of the moments; printed")
    options = parser.parse_args()
    if options.test and os.environ.get("DFI_FULL") != "1":
        options.kills, options.cycles = SHORT
    print(f"storm: seed {options.seed}")
    figures = table.Figures()
    run(figures, options.kills, options.cycles, options.seed)
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
