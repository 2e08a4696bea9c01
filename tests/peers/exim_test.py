# SPDX-License-Identifier: Apache-2.0
"""faxmail against Exim: GnuTLS, its own mind about synchronisation, refusals after the final dot."""
import peers
from product import ProductTest


class Exim(ProductTest):
    @classmethod
    def setUpClass(cls):
        cls.peer = peers.Peer(cls, "exim")

    def tearDown(self):
        # Exim writes here who spoke before being asked, and sends that client away.
        self.assertNotIn("synchronization error", self.peer.log())

    def test_starttls_and_login(self):
        for auth in ("*PLAIN", "*LOGIN", "*AUTO"):
            with self.subTest(auth):
                self.product.login("submission", auth)
                self.product.deliver(f"Exim {auth}")
                self.assertIn("with esmtpsa", self.assert_arrived(f"Exim {auth}"))

    def test_implicit_tls(self):
        self.product.login("smtps", "*AUTO")
        self.product.deliver("implicit TLS")
        self.assertIn("with esmtpsa", self.assert_arrived("implicit TLS"))

    def test_each_recipient_has_its_own_result(self):
        self.product.login("submission", "*AUTO")
        good, busy, bounce = "good@example.net", "busy@example.com", "bounce@example.com"
        with self.product.engine():
            number = self.product.send("three fates", to=(busy, good, bounce))
            _, recipients, results = self.product.wait_for_results(number, 3)
        self.assertEqual(recipients, {good: "sent", busy: "queued", bounce: "failed"})
        self.assertEqual(self.result_of(results, busy)[:2], ("RETRY", 451))
        self.assertEqual(self.result_of(results, bounce)[:2], ("FAIL", 550))
        self.assert_arrived("three fates")

    def test_all_recipients_refused(self):
        self.product.login("submission", "*AUTO")
        with self.product.engine():
            number = self.product.send("nobody takes it", to=("bounce@example.com",))
            following = self.product.send("the next mail")
            self.product.wait_for_status(number, "failed")
            self.product.wait_for_status(following, "sent")
        self.assert_arrived("the next mail")

    def test_foreign_sender(self):
        self.product.login("submission", "*AUTO")
        with self.product.engine():
            number = self.product.send("foreign", sender="intruder@example.com")
            status, _, results = self.product.wait_for_results(number, 1)
        self.assertNotEqual(status, "sent")
        self.assertEqual(results[0]["smtp"], 550)
        self.assertIn("5.7.1", results[0]["text"])

    def test_refusals_after_the_final_dot(self):
        self.product.login("submission", "*AUTO")
        with self.product.engine():
            deferred = self.product.send("defer this mail")
            denied = self.product.send("deny this mail")
            taken = self.product.send("take this mail")
            self.product.wait_for_status(taken, "sent")
            status, _, results = self.product.wait_for_results(deferred, 1)
            self.product.wait_for_status(denied, "failed")
        self.assertEqual((status, results[0]["code"], results[0]["smtp"]), ("queued", "RETRY", 451))
        self.assertEqual(self.product.mail(denied)[2][0]["smtp"], 550)


peers.main()
