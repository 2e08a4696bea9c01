# SPDX-License-Identifier: Apache-2.0
"""faxmail against Dovecot's submission service: every login there is, with tokens from an HTTPS endpoint."""
import base64
import json
import smtplib
import ssl
import urllib.parse
import urllib.request

import peers
from product import ProductTest

SCOPE = "https://outlook.office365.com/.default"


class Dovecot(ProductTest):
    @classmethod
    def setUpClass(cls):
        cls.recorder = peers.Peer(cls, "aiosmtpd")
        cls.peer = peers.Peer(cls, "dovecot", cls.recorder.port("plain"))
        cls.endpoint = peers.Peer(cls, "token-endpoint", cls.peer.directory / "token.key", cls.peer.user)
        cls.context = ssl.create_default_context(cafile=peers.AUTHORITY / "ca.pem")

    def setUp(self):
        super().setUp()
        self.orders("right")
        self.seen = len(self.peer.log())
        (self.endpoint.directory / "requests").write_text("")

    def orders(self, mode):
        (self.endpoint.directory / "mode").write_text(mode)

    def requests(self):
        return [json.loads(line) for line in (self.endpoint.directory / "requests").read_text().splitlines()]

    def oauth(self, auth):
        """The configuration for a login with tokens of the endpoint."""
        secret = (self.endpoint.directory / "client_secret").read_text().strip()
        self.product.login("submission", auth, password_file="", oauth_provider="custom",
                           oauth_token_url=self.endpoint.answer,
                           oauth_client_id=(self.endpoint.directory / "client_id").read_text().strip(),
                           oauth_client_secret_file=self.product.write_secret("client_secret", secret),
                           oauth_scope=SCOPE, oauth_ca_file=peers.AUTHORITY / "ca.pem")

    def assert_method(self, method):
        peers.wait_until(lambda: f"method={method}," in self.peer.log()[self.seen:], f"Dovecot saw {method}")

    def deliver(self, subject):
        self.product.deliver(subject)
        self.assertEqual(sum(f"\r\nSubject: {subject}\r\n".encode() in raw for _, raw in self.recorder.records()), 1)

    def refused(self, subject, said):
        """The login fails with these words, the mail waits; its number."""
        number = self.product.send(subject)
        with self.product.engine():
            self.product.wait_for_log(said)
        self.assertEqual(self.product.mail(number)[0], "queued")
        return number

    def test_the_server_itself(self):
        # What the other tests rest on, seen by a client nobody here wrote.
        with smtplib.SMTP("localhost", self.peer.port("submission"), timeout=peers.PATIENCE) as client:
            client.starttls(context=self.context)
            client.ehlo()
            self.assertEqual(client.esmtp_features["auth"].split(),
                             ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"])
            login = f"user={self.peer.user}\1auth=Bearer not.a.token\1\1".encode()
            code, challenge = client.docmd("AUTH", "XOAUTH2 " + base64.b64encode(login).decode())
            self.assertEqual(code, 334)
            self.assertEqual(json.loads(base64.b64decode(challenge))["status"], "401")
            self.assertEqual(client.docmd("")[0], 535)
        form = {"grant_type": "client_credentials", "client_id": "wrong", "client_secret": "wrong", "scope": SCOPE}
        with self.assertRaises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(self.endpoint.answer, urllib.parse.urlencode(form).encode(), context=self.context)
        self.assertEqual(refusal.exception.code, 401)
        refusal.exception.close()

    def password_login(self, auth, method):
        self.product.login("submission", auth)
        self.deliver(f"login {auth}")
        self.assert_method(method)
        self.product.write_secret("password", "wrong")
        self.refused(f"wrong {auth}", "535")
        self.assertNotIn(self.peer.password, self.product.log())

    def test_plain(self):
        self.password_login("*PLAIN", "PLAIN")

    def test_login(self):
        self.password_login("*LOGIN", "LOGIN")

    def test_cram_md5(self):
        self.password_login("*CRAMMD5", "CRAM-MD5")

    def test_scram_sha_256(self):
        self.password_login("*SCRAM", "SCRAM-SHA-256")

    def test_auto_takes_the_strongest(self):
        self.product.login("submission", "*AUTO")
        self.deliver("strongest login")
        self.assert_method("SCRAM-SHA-256")

    def test_auto_takes_a_token_if_there_is_one(self):
        self.oauth("*AUTO")
        self.deliver("token by itself")
        self.assert_method("XOAUTH2")

    def test_tokens(self):
        for auth, method in (("*XOAUTH2", "XOAUTH2"), ("*OAUTHBEARER", "OAUTHBEARER")):
            with self.subTest(auth):
                self.oauth(auth)
                self.deliver(f"token {auth}")
                self.assert_method(method)
        self.assertEqual({(each["status"], each["scope"]) for each in self.requests()}, {(200, SCOPE)})

    def test_a_token_is_used_until_it_is_old(self):
        self.oauth("*XOAUTH2")
        self.product.configure(max_per_connection=1, max_connections=1)
        numbers = [self.product.send(f"same token {i}") for i in range(4)]
        with self.product.engine():
            for number in numbers:
                self.product.wait_for_status(number, "sent")
        self.assertEqual(len(self.requests()), 1)
        self.assertGreaterEqual(self.peer.log()[self.seen:].count("method=XOAUTH2,"), 4)

    def test_refused_tokens_keep_the_queue(self):
        self.oauth("*XOAUTH2")
        for mode in ("wrong-key", "other-user", "expired"):
            with self.subTest(mode):
                self.orders(mode)
                self.refused(f"refused token {mode}", "535")
        self.orders("right")
        self.deliver("the right token in the end")
        self.assertNotIn("eyJ", self.product.log(), "a token is a secret")

    def test_doctor_explains_a_refused_token(self):
        self.oauth("*XOAUTH2")
        self.assertEqual(self.product.doctor("--as", "directfax@example.com")["exit"], 0)
        self.orders("wrong-key")
        found = self.product.doctor("--as", "directfax@example.com")
        self.assertEqual((found["exit"], found["steps"][-1]["step"]), (77, "AUTH"), found)
        self.assertEqual(found["advice"]["scope"], "account")
        claims = [step["detail"] for step in found["steps"] if step["step"] == "token"]
        self.assertEqual(len(claims), 1)
        self.assertIn("exp=", claims[0])
        self.assertNotIn("eyJ", json.dumps(found), "a token is a secret")

    def test_endpoint_in_trouble_keeps_the_queue(self):
        self.oauth("*XOAUTH2")
        for mode, said in (("denied", "AADSTS700016"), ("broken", "AADSTS90033"), ("garbage", "DFI7")):
            with self.subTest(mode):
                self.orders(mode)
                self.refused(f"endpoint {mode}", said)
        self.product.write_secret("client_secret", "wrong")
        self.orders("right")
        self.refused("wrong client secret", "AADSTS7000215")

    def test_implicit_tls(self):
        self.product.login("smtps", "*AUTO")
        self.deliver("implicit TLS")


peers.main()
