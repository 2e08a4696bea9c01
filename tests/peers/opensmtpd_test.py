# SPDX-License-Identifier: Apache-2.0
"""faxmail against OpenSMTPD behind stunnel: a server that offers no PIPELINING and punishes it, and no AUTH."""
import socket

import peers
from product import ProductTest

REFUSAL = "Pipelining not supported"


class OpenSmtpd(ProductTest):
    @classmethod
    def setUpClass(cls):
        cls.peer = peers.Peer(cls, "opensmtpd")

    def test_it_does_refuse_pipelining(self):
        # Without this the other tests would prove nothing.
        with socket.create_connection(("127.0.0.1", self.peer.port("plain")), timeout=peers.PATIENCE) as line:
            replies = line.makefile("rb")
            replies.readline()
            line.sendall(b"EHLO client.example.com\r\n")
            capabilities = []
            while not capabilities or capabilities[-1][3:4] == b"-":
                capabilities.append(replies.readline())
            self.assertNotIn(b"PIPELINING", b"".join(capabilities))
            line.sendall(b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
            self.assertIn(REFUSAL.encode(), replies.readline() + replies.readline())

    def test_starttls_without_pipelining(self):
        before = self.peer.log().count(REFUSAL)
        self.product.configure(port=self.peer.port("submission"), ssl="*YES", auth="*NONE")
        numbers = [self.product.send(f"in step {i}", to=("a@example.net", "b@example.net")) for i in range(4)]
        with self.product.engine():
            for number in numbers:
                self.product.wait_for_status(number, "sent")
        for i in range(4):
            peers.wait_until(lambda i=i: len(self.peer.with_subject(f"in step {i}")) == 2, "both recipients have it")
        self.assertEqual(self.peer.log().count(REFUSAL), before)

    def test_implicit_tls(self):
        self.product.configure(port=self.peer.port("smtps"), ssl="*YES", tls_mode="*IMPLICIT", auth="*NONE")
        self.product.deliver("implicit TLS")
        self.assert_arrived("implicit TLS")

    def test_login_configured_but_not_offered_sends_nothing(self):
        self.product.configure(port=self.peer.port("submission"), ssl="*YES", auth="*LOGIN",
                               user="directfax@example.com",
                               password_file=self.product.write_secret("password", "secret-of-nobody"))
        number = self.product.send("never without login")
        with self.product.engine():
            self.product.wait_for_log("AUTH")
        self.assertEqual(self.product.mail(number)[0], "queued")
        self.assertEqual(self.peer.with_subject("never without login"), [])

    def test_each_recipient_has_its_own_result(self):
        self.product.configure(port=self.peer.port("submission"), ssl="*YES", auth="*NONE")
        good, busy, bounce = "good@example.net", "busy@example.com", "bounce@example.com"
        with self.product.engine():
            number = self.product.send("three fates", to=(bounce, busy, good))
            _, recipients, _ = self.product.wait_for_results(number, 3)
        self.assertEqual(recipients, {good: "sent", busy: "queued", bounce: "failed"})
        self.assert_arrived("three fates")

    def test_too_large(self):
        self.product.configure(port=self.peer.port("submission"), ssl="*YES", auth="*NONE")
        attachment = peers.SCRATCH / "large.pdf"
        attachment.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 4096)
        with self.product.engine():
            self.product.wait_for_status(self.product.send("too large", attach=attachment), "failed")
        self.assertEqual(self.peer.with_subject("too large"), [])


peers.main()
