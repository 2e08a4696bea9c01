# SPDX-License-Identifier: Apache-2.0
"""faxmail against aiosmtpd: what arrives byte for byte, and odd replies in every phase."""
import email
import email.policy

import peers
from product import ProductTest


class Aiosmtpd(ProductTest):
    @classmethod
    def setUpClass(cls):
        cls.peer = peers.Peer(cls, "aiosmtpd")

    def records_of(self, subject):
        line = f"\r\nSubject: {subject}\r\n".encode()
        return [(envelope, raw) for envelope, raw in self.peer.records() if line in raw]

    def test_bytes_are_clean(self):
        self.product.login("submission", "*AUTO")
        text = ".\n..\n.a line\r\nlone\rreturn\n" + "x" * 3000 + "\nGrüße\nno end of line"
        self.product.deliver("clean bytes", text=text, to=("one@example.net", "two@example.org"))
        ((envelope, raw),) = self.records_of("clean bytes")
        self.assertEqual(envelope["mail_from"], "directfax@example.com")
        self.assertEqual(envelope["rcpt_tos"], ["one@example.net", "two@example.org"])
        self.assertEqual(envelope["login"], self.peer.user)
        self.assertIn(envelope["tls"], ("TLSv1.2", "TLSv1.3"))
        lines = raw.split(b"\r\n")
        self.assertEqual(lines[-1], b"")
        self.assertFalse([line for line in lines if b"\r" in line or b"\n" in line or b"\0" in line])
        self.assertLessEqual(max(map(len, lines)), 998)
        body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",)).get_content()
        self.assertEqual(body.splitlines(), text.splitlines())

    def test_attachment_arrives(self):
        content = b"%PDF-1.4\n" + bytes(range(256)) * 200
        attachment = peers.SCRATCH / "Größe.pdf"
        attachment.write_bytes(content)
        self.product.login("submission", "*AUTO")
        self.product.deliver("with attachment", attach=attachment)
        ((_, raw),) = self.records_of("with attachment")
        (part,) = email.message_from_bytes(raw, policy=email.policy.default).iter_attachments()
        self.assertEqual((part.get_filename(), part.get_content()), ("Größe.pdf", content))

    def test_many_mails_share_a_connection(self):
        self.product.configure(port=self.peer.port("plain"), ssl="*YES", auth="*NONE")
        numbers = [self.product.send(f"one of many {i}") for i in range(12)]
        with self.product.engine():
            for number in numbers:
                self.product.wait_for_status(number, "sent")
        connections = {envelope["connection"] for envelope, raw in self.peer.records() if b": one of many" in raw}
        self.assertLessEqual(len(connections), 2)

    def test_extensions_are_used_as_offered(self):
        self.product.login("submission", "*AUTO")
        message = "From: directfax@example.com\nSubject: extended\nMIME-Version: 1.0\n" \
                  "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n"
        with self.product.engine():
            self.product.wait_for_status(self.product.hand_over(message.encode(), "grüße@example.net"), "sent")
        ((envelope, raw),) = self.records_of("extended")
        self.assertEqual(envelope["rcpt_tos"], ["grüße@example.net"])
        self.assertIn("SMTPUTF8", envelope["mail_options"])
        self.assertIn("BODY=8BITMIME", envelope["mail_options"])
        self.assertIn(f"SIZE={len(raw)}", envelope["mail_options"])

    def test_login_demanded_but_not_configured_keeps_the_queue(self):
        self.product.configure(port=self.peer.port("submission"), ssl="*YES", auth="*NONE")
        number = self.product.send("no login")
        with self.product.engine():
            self.product.wait_for_log("530")
        self.assertEqual(self.product.mail(number)[0], "queued")

    def test_size_limit(self):
        self.product.configure(port=self.peer.port("small"), ssl="*YES", auth="*NONE")
        with self.product.engine():
            large = self.product.send("too large", text="a line of text\n" * 6000)
            small = self.product.send("small enough")
            self.product.wait_for_status(large, "failed")
            self.product.wait_for_status(small, "sent")
        self.assertEqual(self.records_of("too large"), [])

    def test_odd_replies(self):
        self.product.configure(port=self.peer.port("plain"), ssl="*YES", auth="*NONE")
        orders = {  # recipient or sender: status of the recipient, code of its result
            "rcpt-251-2.1.5@example.net": ("sent", None), "rcpt-252-2.1.5@example.net": ("sent", None),
            "rcpt-450-4.2.1@example.net": ("queued", 450), "rcpt-452-4.5.3@example.net": ("queued", 452),
            "rcpt-550-5.1.1@example.net": ("failed", 550), "rcpt-553-5.1.3@example.net": ("failed", 553),
            "dot-451-4.6.0@example.net": ("queued", 451), "dot-554-5.6.0@example.net": ("failed", 554),
            "mail-451-4.1.8@example.com": ("queued", 451)}
        with self.product.engine():
            for address, (status, code) in orders.items():
                with self.subTest(address):
                    if address.startswith("mail-"):
                        number = self.product.send("odd", sender=address)
                    else:
                        number = self.product.send("odd", to=(address,))
                    _, recipients, results = self.product.wait_for_results(number, 1)
                    self.assertEqual(list(recipients.values()), [status])
                    if code:
                        self.assertEqual(results[0]["smtp"], code)

    def test_a_server_in_trouble_keeps_the_queue(self):
        self.product.configure(port=self.peer.port("plain"), ssl="*YES", auth="*NONE")
        number = self.product.send("server in trouble", to=("dot-451-4.3.0@example.net",))
        with self.product.engine():
            self.product.wait_for_log("451 4.3.0")
            following = self.product.send("when it is well again")
            self.product.wait_for_status(following, "sent")
        self.assertEqual(self.product.mail(number)[0], "queued")

    def test_line_dies_after_the_dot(self):
        self.product.configure(port=self.peer.port("plain"), ssl="*YES", auth="*NONE")
        with self.product.engine():
            undecided = self.product.send("undecided", to=("vanish@example.net",))
            self.product.wait_for_log("final dot")
            following = self.product.send("the next mail")
            self.product.wait_for_status(following, "sent")
        self.assertNotIn(self.product.mail(undecided)[0], ("sent", "failed"))


peers.main()
