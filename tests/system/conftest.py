# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures: daemons and backends that end with their test, logs shown when it fails."""
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from relevo import BUILD, SLOW, Backend, Relevo, addresses


def pytest_report_header():
    return f"relevod: {BUILD}, deadlines x {SLOW:g}"


def daemons(tmp_path_factory, request):
    made = []

    def make(**settings):
        daemon = Relevo(tmp_path_factory.mktemp("relevo"))
        made.append(daemon)
        request.node.relevo_daemons = getattr(request.node, "relevo_daemons", []) + [daemon]
        return daemon.configure(**settings)

    yield make
    for daemon in made:
        daemon.kill()
        check_sanitizers(daemon)


def check_sanitizers(daemon):
    """A sanitizer's report is a failure even where the test saw nothing of it."""
    for words in ("ERROR: AddressSanitizer", "runtime error:", "WARNING: ThreadSanitizer",
                  "ERROR: LeakSanitizer", "Assertion `", "*** stack smashing", "*** buffer overflow"):
        assert words not in daemon.log(), f"{words} in the log:\n{daemon.log()[-20000:]}"


@pytest.fixture
def relevo(tmp_path_factory, request):
    """relevo(services=..., ...) makes a configured daemon; start() it."""
    yield from daemons(tmp_path_factory, request)


@pytest.fixture(scope="module")
def module_relevo(tmp_path_factory, request):
    """The same, for one daemon that a whole file asks."""
    yield from daemons(tmp_path_factory, request)


def backends():
    made = []

    def make(**settings):
        made.append(Backend(**settings))
        return made[-1]

    yield make
    for backend in made:
        backend.kill()


@pytest.fixture
def backend():
    """backend(mode="ok", ...) starts an HTTP server on an address of its own."""
    yield from backends()


@pytest.fixture(scope="module")
def module_backend():
    yield from backends()


@pytest.fixture(scope="session")
def unused():
    """unused() is a loopback address where nothing listens."""
    return addresses.new


@pytest.fixture(scope="session")
def certificates():
    """
    {"ca": file, "good" | "expired" | "wrong name" | "self-signed": (certificate, key)}
    for www.example.test, made with openssl. The health process reads them as nobody,
    and pytest's own folders are for their owner only.
    """
    with tempfile.TemporaryDirectory(prefix="relevo-test-") as folder:
        os.chmod(folder, 0o755)
        yield make_certificates(Path(folder))


def make_certificates(folder):

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    def key_and_request(name, host):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.csr", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}")

    def sign(name, start, end):
        openssl("ca", "-batch", "-config", "ca.conf", "-in", f"{name}.csr", "-out", f"{name}.pem", "-notext",
                "-startdate", start, "-enddate", end)
        return str(folder / f"{name}.pem"), str(folder / f"{name}.key")

    (folder / "ca.conf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
                                    "certificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\npolicy=p\n"
                                    "copy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n")
    (folder / "index").write_text("")
    (folder / "serial").write_text("01\n")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "3650")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            "self.key", "-out", "self.pem", "-subj", "/CN=www.example.test", "-addext",
            "subjectAltName=DNS:www.example.test", "-days", "3650")
    key_and_request("good", "www.example.test")
    key_and_request("expired", "www.example.test")
    key_and_request("wrong", "elsewhere.example.test")
    return {
        "ca": str(folder / "ca.pem"),
        "good": sign("good", "20200101000000Z", "20450101000000Z"),
        "expired": sign("expired", "20200101000000Z", "20210101000000Z"),
        "wrong name": sign("wrong", "20200101000000Z", "20450101000000Z"),
        "self-signed": (str(folder / "self.pem"), str(folder / "self.key")),
    }


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if not report.failed:
        return
    for node in item.listchain():
        for daemon in getattr(node, "relevo_daemons", []):
            report.sections.append((f"log of {daemon.folder.name}", daemon.log()[-20000:]))
            report.sections.append((f"configuration of {daemon.folder.name}", daemon.conf.read_text()[-8000:]))
