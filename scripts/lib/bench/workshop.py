# SPDX-License-Identifier: Apache-2.0
"""Where scripts/bench conversions works: programs, input, and one measured call after another on a quiet disk."""
import hashlib
import json
import mmap
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

HOME = Path(__file__).resolve().parents[3]
DISK = Path(os.environ["DFI_BENCH_DISK"])
BENCH = Path(os.environ["DFI_BIN"]) / "conversion_bench"
SOURCES = HOME / "tests/bench/conversion"
DEFINITIONS = SOURCES / "definitions"
PYTHON = ("/usr/bin/python3", SOURCES / "peers/records.py")
MILLION = 1_000_000


def cobol():
    """The COBOL program, compiled as fast as its compiler can; nothing without that compiler."""
    program = DISK / "records"
    if not program.exists() and shutil.which("cobc"):
        subprocess.run(("cobc", "-x", "-free", "-O2", "-fno-binary-truncate", "-o", program, SOURCES / "peers/records.cob"), check=True)
    return (program,) if program.exists() else None


def need(gigabytes):
    free = shutil.disk_usage(DISK).free / 1e9
    if free < gigabytes + 1:
        sys.exit(f"bench: {DISK} has {free:.1f} GB free, this needs {gigabytes + 1}")


def touch_memory():
    """A virtual machine gives memory that was free for seconds back to its host, and pays for each page when it needs it again
    (measured: the last tenth of a conversion 0.54 s instead of 0.25 s). Whoever follows a program that has just freed its
    memory is spared that; so everybody is, by touching as much as the largest output needs."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    mmap.mmap(-1, min(4 << 30, free // 2), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()


def measure(*command, ends=0):
    """Wall and CPU seconds of a command, its own start included. What others left unwritten is on the disk before."""
    os.sync()
    touch_memory()
    begun = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != ends:
        sys.exit(f"bench: {' '.join(map(str, command))} ended with {process.returncode}")
    told = json.loads(output) if BENCH in command and output else {}
    return told | {"wall": wall, "cpu": used.ru_utime + used.ru_stime}


def generate(name, count):
    """Input under the name of its data file, in a directory of its own: no other name of it, nothing beside it."""
    path = DISK / f"{name}.{count}" / name
    if not path.exists():
        path.parent.mkdir()
        verb = ("generate-table", DEFINITIONS) if name == "BENCHST" else ("generate",)
        subprocess.run([str(word) for word in (BENCH, *verb, count, path)], check=True)
    return path


def shadow_of(path):
    return DISK / "run" / path.name


def clear():
    """Shadow, journal and what a peer has written."""
    shutil.rmtree(DISK / "run", ignore_errors=True)
    (DISK / "run").mkdir()


def convert(path, source, target, *options, stopped=False, again=False):
    """A conversion from the start, or going on where the last one was stopped. The journal is there before, as on any host."""
    if not again:
        clear()
        subprocess.run([str(word) for word in (BENCH, "journal", shadow_of(path))], check=True)
    return measure(BENCH, "convert", DEFINITIONS, path, source, target, shadow_of(path), *options,
                   ends=-signal.SIGKILL if stopped else 0)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same(what, digests):
    """Whoever makes other bytes is no peer, and an engine that does is wrong."""
    if len(set(digests.values())) != 1:
        sys.exit(f"bench: {what} differ:\n" + "\n".join(f"  {value}  {name}" for name, value in digests.items()))


def definition(name):
    with open(DEFINITIONS / name, "rb") as file:
        return tomllib.load(file)
