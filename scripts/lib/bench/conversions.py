# SPDX-License-Identifier: Apache-2.0
"""All figures of scripts/bench conversions. Each chapter runs ours and the peer in turn, round by round."""
import argparse
import shutil
import subprocess
import sys

import workshop
from figures import Figures, chapter
from workshop import DISK, MILLION, PYTHON, clear, convert, digest, generate, measure, same, shadow_of

RECORD = 306  # bytes of BENCHKA.8


def take_turns(number, contestants):
    """Who goes first changes, so that nobody always meets what the other has warmed up."""
    return contestants if number % 2 == 0 else contestants[::-1]


class Conversions:
    def __init__(self, quick):
        self.small = 20_000 if quick else MILLION
        self.big = 400_000 if quick else 10 * MILLION

    def note(self, figures, name, result):
        for unit in ("wall", "cpu", "peak_mb"):
            if unit in result:
                figures.note(f"{name} {unit}", result[unit])

    def codec(self, figures, rounds):
        chapter(f"{self.small:,} records, CCSID 273 to UTF-8: all checks, digests, checkpoints, journal, fsync",
                "scripts/bench conversions --only codec")
        workshop.need(1)
        path = generate("BENCHKA", self.small)
        programs = {"cobol": workshop.cobol(), "python": PYTHON}
        missing = [name for name, program in programs.items() if not program]
        contestants = [name for name in ("1 thread", "2 threads", "cobol", "python", "dd of the same bytes") if name not in missing]
        for number in range(rounds):
            digests = {}
            for who in take_turns(number, contestants):
                if who.startswith("dd"):
                    self.note(figures, who, self.dd(self.small))
                    continue
                if who in programs:
                    clear()
                    result, output = measure(*programs[who], path, DISK / "run/peer"), DISK / "run/peer"
                else:
                    result, output = convert(path, 7, 8, "--threads", who[0]), shadow_of(path)
                self.note(figures, who, result)
                digests[who] = digest(output)
            same("the outputs of one input", digests)
        for who in contestants:
            figures.show(f"{who} wall", "s", 2)
            figures.show(f"{who} cpu", "s", 2)
        if "cobol" not in missing:
            figures.ratio("dd conv=fsync of as many zeros / cobol wall", "dd of the same bytes wall", "cobol wall")
            figures.show("dd conv=fsync of as many zeros / cobol wall", "x", 3)
        print(f"    the same {self.small * RECORD:,} bytes by all: sha256 {digests['python'][:16]}")
        for peer, share in (("cobol", 1 / 4), ("python", 1 / 10)):
            if peer not in missing:
                figures.ratio(f"cpu {peer}", "1 thread cpu", f"{peer} cpu")
                figures.demand(f"CPU as a share of {peer}'s", figures.median(f"cpu {peer}"), "<=", share)
        if "cobol" not in missing:
            figures.ratio("wall cobol", "2 threads wall", "cobol wall")
            figures.demand("wall time of 2 threads as a share of cobol's", figures.median("wall cobol"), "<=", 1 / 8)

    def fused(self, figures, rounds):
        chapter("Five steps fused into one pass beside one step that makes the same bytes", "scripts/bench conversions --only fused")
        workshop.need(2)
        single, chain = generate("BENCHKA", self.small), generate("BENCHCH", self.small)
        contestants = (("single", single, 7, 8), ("fused", chain, 1, 6), ("step by step", chain, 1, 6, "--no-fuse"))
        for number in range(rounds):
            digests = {}
            for name, path, *call in take_turns(number, contestants):
                result = convert(path, *call)
                self.note(figures, name, result)
                digests[name] = digest(shadow_of(path))
                passes = 5 if name == "step by step" else 1
                if len(result["passes"]) != passes:
                    sys.exit(f"bench: {name} took {len(result['passes'])} passes")
            same("fused, step by step and a single step", digests)
        shutil.rmtree(chain.parent)
        for name, *_ in contestants:
            figures.show(f"{name} wall", "s", 2)
            figures.show(f"{name} cpu", "s", 2)
        for unit in ("wall", "cpu"):
            figures.ratio(f"fused/single {unit}", f"fused {unit}", f"single {unit}")
        figures.show("fused/single cpu", "x", 2)
        figures.demand("wall time of the chain as a multiple of a single step", figures.median("fused/single wall"), "<=", 1.5)

    def bare_sqlite(self, path):
        """What anybody would type: the same INSERT into the same schema, no journal, indexes at the end, then fsync."""
        clear()
        *tables, first, second = [line for line in workshop.definition("formats/BENCHST.2.toml")["schema"].splitlines() if line]
        script = DISK / "run/script"
        script.write_text("\n".join(("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;", f"ATTACH '{path}' AS old;", "BEGIN;", *tables,
                                     workshop.definition("bench/CVTBENCHST.toml")["convert"], first, second, "COMMIT;")))
        return measure("sh", "-c", 'sqlite3 "$1" <"$2" && sync "$1"', "sh", shadow_of(path), script)

    def sqlite(self, figures, rounds):
        chapter(f"SQLite, {self.small:,} rows, 13 columns, 2 indexes, into a fresh file: digests, checks, quick_check, journal, fsync",
                "scripts/bench conversions --only sqlite")
        workshop.need(2)
        path = generate("BENCHST", self.small)
        contestants = {"fresh": lambda: convert(path, 1, 2), "bare": lambda: self.bare_sqlite(path)}
        for number in range(rounds):
            digests = {}
            for who in take_turns(number, list(contestants)):
                self.note(figures, f"sqlite {who}", contestants[who]())
                digests[who] = subprocess.run(("sqlite3", shadow_of(path), ".sha3sum"), check=True, capture_output=True, text=True).stdout
            same("the rows", digests)
        print(f"    input {path.stat().st_size / 1e6:,.0f} MB")
        shutil.rmtree(path.parent)
        for who in contestants:
            figures.show(f"sqlite {who} wall", "s", 2)
            figures.show(f"sqlite {who} cpu", "s", 2)
        figures.ratio("sqlite", "sqlite fresh wall", "sqlite bare wall")
        figures.demand("wall time as a multiple of ATTACH + INSERT SELECT + indexes + fsync", figures.median("sqlite"), "<=", 1.3)

    def dd(self, records):
        clear()
        return measure("dd", "if=/dev/zero", f"of={DISK}/run/dd", f"bs={RECORD * 1000}", f"count={records // 1000}", "conv=fsync", "status=none")

    def large(self, figures, rounds):
        chapter(f"{self.big:,} records beside dd conv=fsync of the output", "scripts/bench conversions --only large")
        workshop.need(6)
        path = generate("BENCHKA", self.big)
        contestants = {"large": lambda: convert(path, 7, 8), "dd": lambda: self.dd(self.big)}
        for number in range(rounds):
            for who in take_turns(number, list(contestants)):
                self.note(figures, who, contestants[who]())
        clear()
        for name in ("large wall", "large cpu", "dd wall"):
            figures.show(name, "s", 2)
        figures.ratio("large/dd", "large wall", "dd wall")
        figures.demand("wall time as a multiple of dd", figures.median("large/dd"), "<=", 1.6)

    def memory(self, figures, rounds):
        chapter("Peak memory, whatever the size", "scripts/bench conversions --only memory")
        workshop.need(6)
        for count in (self.small, self.big):
            path = generate("BENCHKA", count)
            for _ in range(rounds):
                self.note(figures, f"{count:,} records", convert(path, 7, 8))
            clear()
            figures.show(f"{count:,} records peak_mb", "MB")
            figures.demand(f"MB at {count:,} records", figures.median(f"{count:,} records peak_mb"), "<", 64, " MB")

    def resume(self, figures, rounds):
        chapter(f"{self.big:,} records, killed at 90 %, and the rest", "scripts/bench conversions --only resume")
        workshop.need(6)
        path = generate("BENCHKA", self.big)
        for _ in range(rounds):
            self.note(figures, "undisturbed", convert(path, 7, 8))
            undisturbed = digest(shadow_of(path))
            convert(path, 7, 8, "--stop-at", 0.9, stopped=True)
            result = convert(path, 7, 8, again=True)
            self.note(figures, "resumed", result)
            same("undisturbed and resumed", {"undisturbed": undisturbed, "resumed": digest(shadow_of(path))})
            if result["went_on_at"] < 0.85 * self.big:
                sys.exit(f"bench: the second call went on at record {result['went_on_at']:,}")
        clear()
        print(f"    went on at record {result['went_on_at']:,}")
        for name in ("undisturbed", "resumed"):
            figures.show(f"{name} wall", "s", 2)
            figures.show(f"{name} cpu", "s", 2)
        figures.ratio("resume", "resumed wall", "undisturbed wall")
        figures.demand("wall time of the resume as a share of the whole", figures.median("resume"), "<=", 0.25)
        figures.show("resumed peak_mb", "MB")
        figures.demand("MB of the resume", figures.median("resumed peak_mb"), "<", 64, " MB")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench conversions")
    parser.add_argument("rounds", nargs="?", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="few records: shows that everything runs and agrees, proves no figure")
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    rounds = options.rounds or (1 if options.quick else 3)
    figures, conversions = Figures(), Conversions(options.quick)
    names = ("codec", "fused", "sqlite", "large", "memory", "resume")
    unknown = set(options.only) - set(names)
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}; there are {', '.join(names)}")
    for name in names:
        if not options.only or name in options.only:
            getattr(conversions, name)(figures, rounds)
            sys.stdout.flush()
    print(f"\n{rounds} rounds, medians; ratios taken round by round. Missed: {', '.join(figures.missed) or 'nothing'}")
    return 1 if figures.missed and not options.quick else 0


sys.exit(main())
