# SPDX-License-Identifier: Apache-2.0
"""All figures of scripts/bench mail. Each chapter runs ours and the peer in turn, round by round."""
import argparse
import sys

import queues
import storm
from figures import Figures, chapter
from postfix import Sink
from stage import PROGRAMS, RAM, Background, bench, certificates, free_port, listens, wait_until

DIALOGUE = ("own", "curl")


class Dialogue:
    """Our session beside libcurl: the same mails over one TLS connection."""

    def __init__(self, ca, sink, quick):
        self.ca, self.sink, self.quick = ca / "ca.pem", sink, quick

    def compare(self, figures, name, rounds, port, count, size, *options):
        for number in range(rounds):
            # Who goes first changes, so that neither always meets what the other has warmed up.
            for who in DIALOGUE if number % 2 == 0 else reversed(DIALOGUE):
                result = bench(who, port, self.ca, count, size, *options)
                for key, value in result.items():
                    figures.note(f"{name} {who} {key}", value)
        figures.ratio(f"{name} speed", f"{name} own rate", f"{name} curl rate")
        figures.ratio(f"{name} cpu", f"{name} own cpu_per_1000", f"{name} curl cpu_per_1000")
        for who in DIALOGUE:
            figures.show(f"{name} {who} rate", "mails/s", 0)
            figures.show(f"{name} {who} cpu_per_1000", "CPU s per 1,000", 3)

    def ceiling(self, figures, rounds):
        chapter("Client ceiling: TLS, one connection, 1 KiB, smtp-sink behind stunnel", "scripts/bench mail --only ceiling")
        plain, port = free_port(), free_port()
        configuration = RAM / "stunnel.conf"
        configuration.write_text(f"foreground = yes\npid =\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n"
                                 f"[smtps]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{plain}\n"
                                 f"cert = {self.ca.parent}/server.pem\nkey = {self.ca.parent}/server.key\n")
        with (RAM / "stunnel.log").open("w") as log, \
                Background("smtp-sink", "-u", "nobody", f"127.0.0.1:{plain}", 100, port=plain, stdout=log, stderr=log), \
                Background("stunnel", configuration, port=port, stdout=log, stderr=log):
            self.compare(figures, "ceiling", rounds, port, 1000 if self.quick else 4000, 1024)
        figures.demand("mails/s as a multiple of libcurl", figures.median("ceiling speed"), ">=", 2.5)
        figures.demand("CPU per 1,000 mails as a share of libcurl", figures.median("ceiling cpu"), "<=", 0.4)

    def distance(self, figures, rounds):
        chapter("20 ms round-trip time, Postfix with its queue in memory", "scripts/bench mail --only distance")
        port = free_port()
        with Background(PROGRAMS / "faxmail_bench", "delay", port, self.sink.port, 10):
            wait_until(lambda: listens(port), "the long line")
            self.compare(figures, "distance", rounds, port, 60 if self.quick else 150, 1024, "--starttls")
        figures.demand("mails/s as a multiple of libcurl", figures.median("distance speed"), ">=", 3)

    def large(self, figures, rounds):
        chapter("200 KiB mails, Postfix with its queue in memory", "scripts/bench mail --only large")
        self.compare(figures, "large", rounds, self.sink.port, 100 if self.quick else 400, 200 * 1024, "--starttls")
        figures.demand("mails/s as a multiple of libcurl", figures.median("large speed"), ">=", 1)
        figures.show("large own median_ms", "ms per mail", 2)
        figures.demand("own mails that took 35 ms more than the median", int(figures.median("large own stalls")), "<=", 0)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench mail")
    parser.add_argument("rounds", nargs="?", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="fewer mails: shows that everything runs, proves nothing")
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    rounds = options.rounds or (1 if options.quick else 3)
    figures = Figures()
    ca = certificates()
    sink = Sink(RAM / "sink", ca, free_port())
    sink.start_taking()
    dialogue = Dialogue(ca, sink, options.quick)
    queue = queues.Queues(ca, sink, options.quick)
    chapters = {"ceiling": dialogue.ceiling, "distance": dialogue.distance, "large": dialogue.large,
                "drain": queue.drain, "accept": queue.accept, "backlog": queue.backlog, "idle": queue.idle,
                "storm": lambda table, _: storm.chapter(table, options.quick)}
    unknown = set(options.only) - set(chapters)
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}; there are {', '.join(chapters)}")
    try:
        for name, measure in chapters.items():
            if not options.only or name in options.only:
                measure(figures, rounds)
                sys.stdout.flush()
    finally:
        sink.stop()
    print(f"\n{rounds} rounds, medians; ratios taken round by round. Missed: {', '.join(figures.missed) or 'nothing'}")
    return 1 if figures.missed and not options.quick else 0


sys.exit(main())
