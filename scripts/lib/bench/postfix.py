# SPDX-License-Identifier: Apache-2.0
"""Two Postfixes in private directories: one that takes mails and discards them, its queue in memory; one that hands
mails over to it, its queue on disk beside FAXKA."""
import shutil
from pathlib import Path

from stage import Arrivals, cpu_of_tree, run, wait_until, listens

COMMON = """compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/log/mail.log
maillog_file_prefixes = {dir}/log
multi_instance_name = postfix-bench-{name}
multi_instance_enable = yes
myhostname = {name}.example.com
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
alias_maps =
alias_database =
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
in_flow_delay = 0
smtpd_client_connection_count_limit = 0
message_size_limit = 52428800
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_cert_file = {ca}/server.pem
smtpd_tls_key_file = {ca}/server.key
smtpd_tls_security_level = may
"""
SERVICES = """cleanup unix n - n - 0 cleanup
tlsmgr unix - - n 1000? 1 tlsmgr
tlsproxy unix - - n - 0 tlsproxy
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
smtp unix - - n - - smtp
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
127.0.0.1:{port} inet n - n - - smtpd
"""
QUEUE_MANAGER = "qmgr unix n - n 300 1 qmgr\n"


# Ways to drain over TLS: what is best for Postfix depends on the mails and on the machine.
REUSE = """smtp_tls_connection_reuse = yes
smtp_connection_cache_destinations = [localhost]:{port}
smtp_connection_reuse_time_limit = 600s
"""
WAYS = {
    "Postfix, reuse": REUSE,
    "Postfix, reuse in lockstep": REUSE + "smtp_discard_ehlo_keywords = pipelining\n",
}


class Postfix:
    def __init__(self, directory, ca, port):
        self.directory, self._ca, self.port = Path(directory), ca, port
        self.log = self.directory / "log/mail.log"
        for folder in ("etc", "queue", "data", "log"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        shutil.chown(self.directory / "data", "postfix")

    def start(self, settings, queue_manager=True):
        name = self.directory.name
        (self.directory / "etc/main.cf").write_text(COMMON.format(dir=self.directory, name=name, ca=self._ca) + settings)
        (self.directory / "etc/master.cf").write_text(
            SERVICES.format(port=self.port) + (QUEUE_MANAGER if queue_manager else ""))
        self._postfix("start")
        wait_until(lambda: listens(self.port), f"Postfix {name} listens", 20)

    def stop(self):
        self._postfix("stop")

    def _postfix(self, verb):
        log = (self.directory / "log" / f"{verb}.log").open("w")
        run("sh", "-c", f'postfix -c {self.directory}/etc {verb} >"{log.name}" 2>&1')

    @property
    def pid(self):
        return int((self.directory / "queue/pid/master.pid").read_text())

    def cpu(self):
        return cpu_of_tree(self.pid)

    def waiting(self, *queues):
        return sum(1 for queue in queues for file in (self.directory / "queue" / queue).rglob("*") if file.is_file())


class Sink(Postfix):
    """Takes everything; keeps nothing."""

    def start_taking(self):
        self.start("default_transport = discard\nrelay_transport = discard\n")

    def arrivals(self):
        return Arrivals(self.log)


class Sender(Postfix):
    """Postfix's own smtp client: TLS with a proved certificate, connections used again, as many at once as asked for."""

    def start_filling(self):
        # Without its queue manager everything stays in the incoming queue, where a start finds it at once.
        self.start("", queue_manager=False)

    def start_draining(self, sink_port, connections, way):
        self.start(WAYS[way].format(port=sink_port) + f"""relayhost = [localhost]:{sink_port}
smtp_tls_security_level = verify
smtp_tls_CAfile = {self._ca}/ca.pem
smtp_tls_verify_cert_match = nexthop
smtp_destination_concurrency_limit = {connections}
initial_destination_concurrency = {connections}
""")
