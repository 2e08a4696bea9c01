# SPDX-License-Identifier: Apache-2.0
"""faxmail against Postfix with Dovecot's SASL."""
import re
import subprocess

import peers
from product import ProductTest


class Postfix(ProductTest):
    @classmethod
    def setUpClass(cls):
        # In a network of its own it has the ports of the standards, which *SUBMISSION and *SMTPS stand for.
        ports = {"submission": 587, "smtps": 465} if peers.OWN_NETWORK else None
        cls.peer = peers.Peer(cls, "postfix", ports=ports)
        cls.is_postfix = cls.peer.answer.startswith("Postfix")

    def test_starttls_and_login(self):
        for auth in ("*LOGIN", "*PLAIN", "*AUTO"):
            with self.subTest(auth):
                self.product.login("submission", auth)
                self.product.deliver(f"STARTTLS {auth}")
                mail = self.assert_arrived(f"STARTTLS {auth}")
                if self.is_postfix:
                    self.assertIn("with ESMTPSA", mail)
                    self.assertRegex(mail, r"using TLSv1\.[23]")

    def test_port_by_name(self):
        if not peers.OWN_NETWORK:
            self.skipTest("needs a network namespace: *SUBMISSION and *SMTPS stand for 587 and 465")
        for port in ("*SUBMISSION", "*SMTPS"):
            with self.subTest(port):
                self.product.login("submission", "*AUTO", port=port, tls_mode="*AUTO")
                self.product.deliver(f"by name {port}")
                self.assert_arrived(f"by name {port}")

    def test_foreign_sender_at_rcpt(self):
        self.product.login("submission", "*AUTO")
        with self.product.engine():
            number = self.product.send("foreign at RCPT", sender="intruder@example.com")
            status, _, results = self.product.wait_for_results(number, 1)
        self.assertNotEqual(status, "sent")
        self.assertEqual(results[0]["smtp"], 553)
        self.assertIn("5.7.1", results[0]["text"])
        self.assertEqual(self.peer.with_subject("foreign at RCPT"), [])

    def test_foreign_sender_at_mail_from_waits(self):
        self.product.login("smtps", "*AUTO")
        with self.product.engine():
            number = self.product.send("foreign at MAIL FROM", sender="intruder@example.com")
            own = self.product.send("own mail goes on")
            self.product.wait_for_status(own, "sent")
            self.product.wait_for_results(number, 1)
            status, _, results = self.product.mail(number)
        self.assertIn(status, ("queued", "held"), "the rights of a sender can be mended: the mail may not fail")
        self.assertEqual(results[0]["smtp"], 553)

    def test_doctor(self):
        self.product.login("submission", "*AUTO")
        own = self.product.doctor("--as", "directfax@example.com", "--to", "somebody@example.net")
        self.assertEqual((own["exit"], [step["step"] for step in own["steps"] if not step["ok"]]), (0, []), own)
        self.assertEqual([step["step"] for step in own["steps"]][-4:], ["AUTH", "MAIL FROM", "RCPT TO", "RSET"])
        foreign = self.product.doctor("--as", "intruder@example.com", "--to", "somebody@example.net")
        self.assertEqual((foreign["exit"], foreign["advice"]["scope"]), (77, "sender"), foreign)
        self.assertIn("intruder@example.com", foreign["advice"]["text"])
        self.product.write_secret("password", "wrong")
        wrong = self.product.doctor()
        self.assertEqual((wrong["exit"], wrong["steps"][-1]["step"]), (77, "AUTH"), wrong)
        self.assertEqual(wrong["advice"]["scope"], "account")
        self.assertEqual(self.peer.with_subject("faxmail doctor"), [], "the doctor sends nothing")

    def test_each_recipient_has_its_own_result(self):
        self.product.login("submission", "*AUTO")
        good, busy, bounce = "good@example.net", "busy@example.com", "bounce@example.com"
        with self.product.engine():
            number = self.product.send("three fates", to=(good, busy, bounce))
            status, recipients, results = self.product.wait_for_results(number, 3)
        self.assertEqual(status, "queued")
        self.assertEqual(recipients, {good: "sent", busy: "queued", bounce: "failed"})
        self.assertEqual(self.result_of(results, good)[:2], ("SENT", 250))
        self.assertEqual(self.result_of(results, busy)[:2], ("RETRY", 450))
        code, smtp, text = self.result_of(results, bounce)
        self.assertEqual((code, smtp), ("FAIL", 550))
        self.assertIn("5.1.1", text)
        self.assert_arrived("three fates")

    def test_too_large_fails_before_the_next_mail_suffers(self):
        self.product.configure(port=self.peer.port("small"), ssl="*YES", auth="*NONE")
        attachment = peers.SCRATCH / "large.pdf"
        attachment.write_bytes(b"%PDF-1.4\n" + bytes(range(256)) * 400)
        with self.product.engine():
            large = self.product.send("too large", attach=attachment)
            small = self.product.send("small enough")
            _, _, results = self.product.wait_for_status(large, "failed")
            self.product.wait_for_status(small, "sent")
        self.assertEqual(results[0]["code"], "FAIL")
        self.assertEqual(self.peer.with_subject("too large"), [])

    def test_several_connections_send_each_mail_once(self):
        self.product.login("submission", "*AUTO", max_connections=4, max_per_connection=5)
        numbers = [self.product.send(f"one of forty {i}", to=(f"a{i}@example.net", f"b{i}@example.net"))
                   for i in range(40)]
        with self.product.engine():
            for number in numbers:
                self.product.wait_for_status(number, "sent")
        mails = lambda: [mail for mail in self.peer.mailbox() if b"Subject: one of forty" in mail]
        peers.wait_until(lambda: len(mails()) >= 80, "all are there")
        arrived = [tuple(re.search(rb"^%s: (.*)$" % name, mail, re.M)[1] for name in (b"Message-ID", b"Delivered-To"))
                   for mail in mails()]
        self.assertEqual((len(arrived), len(set(arrived))), (80, 80))

    def test_wrong_password_keeps_the_queue(self):
        self.product.login("submission", "*AUTO")
        self.product.write_secret("password", "not-" + self.peer.password)
        number = self.product.send("wrong password")
        with self.product.engine():
            self.product.wait_for_log("535")
        status, _, results = self.product.mail(number)
        self.assertEqual((status, results), ("queued", []))
        self.assertNotIn(self.peer.password, self.product.log())
        self.product.login("submission", "*AUTO")
        with self.product.engine():
            self.product.wait_for_status(number, "sent")

    def test_unknown_certificate_authority_sends_nothing(self):
        self.product.login("submission", "*AUTO", tls_ca_file="")
        number = self.product.send("unknown authority")
        with self.product.engine():
            self.product.wait_for_log("certificate")
        self.assertEqual(self.product.mail(number)[0], "queued")

    def test_fingerprint_pin(self):
        certificate = peers.AUTHORITY / "server.pem"
        shown = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"],
                               capture_output=True, text=True, check=True).stdout
        pin = shown.strip().split("=")[1].replace(":", "").lower()
        self.product.login("submission", "*AUTO", tls_pin_sha256="0" * 64)
        number = self.product.send("pinned")
        with self.product.engine():
            self.product.wait_for_log("certificate")
        self.assertEqual(self.product.mail(number)[0], "queued")
        self.product.configure(tls_pin_sha256=pin)
        with self.product.engine():
            self.product.wait_for_status(number, "sent")

    def test_password_from_a_command(self):
        command = f"/bin/cat {self.peer.directory / 'password'}"
        self.product.login("submission", "*AUTO", password_file="", password_command=command)
        self.product.deliver("password by command")
        self.assert_arrived("password by command")


peers.main()
