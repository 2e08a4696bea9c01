# SPDX-License-Identifier: Apache-2.0
"""The same mail through faxmail, curl, msmtp and swaks to five servers: what arrives is equal, byte by byte."""
import re
import subprocess
import unittest

import clients
import peers
from product import Product

# What a server writes above the mail it takes in. The CRLF rule: how it stores line ends is its own matter.
TRACE = re.compile(rb"^((return-path|received|delivered-to|x-original-to|envelope-to|delivery-date):"
                   rb".*\n([ \t].*\n)*)+", re.I)
READY = b"\r\n".join([
    b"Date: Mon, 02 Nov 2026 10:00:00 +0100", b"From: =?UTF-8?Q?B=C3=BCro?= <directfax@example.com>",
    b"To: somebody@example.net", b"Message-ID: <ready.%s@example.com>", b"Subject: a ready message,",
    b"\tfolded by a tab", b"MIME-Version: 1.0", b"Content-Type: text/plain; charset=utf-8",
    b"Content-Transfer-Encoding: 8bit", b"X-Fax: a\tb  c", b"X-Tight:no blank behind the colon",
    b"X-Wide:   three,  and blanks at the end \t ", b"X-Folded: one \t", b"   two  ", b"\tthree", b"", b".", b"..", b".one dot", "Grüße aus Köln".encode(),
    b"From the start of a line", b"trailing blanks  ", b"\tand a tab\t", b"y" * 900, b"", b"", b".", b"the end", b""])


def stored(mail):
    """A mail without what the server added in front of it, with bare LF."""
    return TRACE.sub(b"", mail.replace(b"\r\n", b"\n"))


class Equal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.recorder = peers.Peer(cls, "aiosmtpd")
        cls.servers, cls.missing = [cls.recorder], []
        for name, *arguments in (("postfix",), ("exim",), ("opensmtpd",), ("dovecot", cls.recorder.port("plain"))):
            try:
                cls.servers.append(peers.Peer(cls, name, *arguments))
            except unittest.SkipTest as reason:
                cls.missing.append(str(reason))
                print(f"left out: {reason}")

    def arrived(self, server, recipient):
        """The one mail for this recipient, as stored by the server; Dovecot stores at its relay."""
        def find():
            if server.name in ("aiosmtpd", "dovecot"):
                return [raw for envelope, raw in self.recorder.records() if envelope["rcpt_tos"] == [recipient]]
            sign = re.compile(rb"^(delivered-to|envelope-to): " + re.escape(recipient.encode()) + rb"\n", re.I | re.M)
            return [mail for mail in server.mailbox() if sign.search(mail)]
        mails = peers.wait_until(find, f"{server.name} has the mail for {recipient}")
        self.assertEqual(len(mails), 1)
        return stored(mails[0])

    def through_faxmail(self, server, recipient, submit):
        product = Product(recipient.split("@")[0], server)
        if (server.directory / "user").exists():
            product.login("submission", "*AUTO")
        else:
            product.configure(port=server.port("submission"), ssl="*YES", auth="*NONE")
        with product.engine():
            product.wait_for_status(submit(product), "sent")
        return self.arrived(server, recipient)

    def compare(self, server, kind, expected):
        for client in clients.ALL:
            with self.subTest(server=server.name, client=client.__name__):
                recipient = f"{kind}.{client.__name__}.{server.name}@example.net"
                client(server, recipient, expected.replace(b"\n", b"\r\n"))
                self.assertEqual(self.arrived(server, recipient), expected)

    def test_a_composed_mail(self):
        attachment = peers.SCRATCH / "fax.pdf"
        attachment.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 300)
        for server in self.servers:
            with self.subTest(server=server.name):
                recipient = f"composed.faxmail.{server.name}@example.net"
                mail = self.through_faxmail(server, recipient, lambda product, to=recipient: product.send(
                    "Größe und Gewicht", to=(to,), text=".\n..\n.dots\nGrüße\n", attach=attachment))
                self.assertGreater(len(mail), 100_000)
                self.compare(server, "composed", mail)

    def test_a_ready_message(self):
        for server in self.servers:
            with self.subTest(server=server.name):
                message = READY % server.name.encode()
                expected = message.replace(b"\r\n", b"\n")
                self.compare(server, "ready", expected)
                recipient = f"ready.faxmail.{server.name}@example.net"
                self.assertEqual(self.through_faxmail(server, recipient, lambda product, to=recipient, mail=message:
                                                      product.hand_over(mail, to)), expected)

    def test_nothing_was_left_out(self):
        if self.missing:
            self.skipTest("; ".join(self.missing))


peers.main()
