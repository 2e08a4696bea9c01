#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""python3-aiosmtpd as a sink that writes down what it takes, before it says so:  recorder.py PORT DIR CADIR

DIR/taken gets a line for each mail: connection, Message-ID, subject. STARTTLS is on offer."""
import asyncio
import itertools
import logging
import os
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP

port, directory, certificates = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
numbers = itertools.count(1)
record = os.open(directory / "taken", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


def header(content, name):
    begin = content.index(b"\r\n" + name + b": ") + len(name) + 4
    return content[begin:content.index(b"\r\n", begin)]


class Recorder:
    async def handle_EHLO(self, server, session, envelope, hostname):
        if not hasattr(session, "number"):
            session.number = next(numbers)
        session.host_name = hostname
        return "250 HELP"

    async def handle_DATA(self, server, session, envelope):
        content = envelope.original_content
        line = b"\t".join((str(session.number).encode(), header(content, b"Message-ID"), header(content, b"Subject")))
        os.write(record, line + b"\n")
        return "250 2.0.0 taken"


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    await asyncio.get_running_loop().create_server(
        lambda: SMTP(Recorder(), hostname="mail.example.com", tls_context=context), "127.0.0.1", port)
    await asyncio.Event().wait()


logging.basicConfig(level=logging.ERROR)
asyncio.run(main())
