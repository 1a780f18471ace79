"""Run from this folder: python -m unittest discover -t . -s tests"""

import asyncio
import base64
import io
import json
import os
import shutil
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from proofward_serving import (
    AsgiReceipts,
    JournalError,
    ReceiptRefused,
    Serving,
    ServingError,
    WsgiReceipts,
    external_reference,
    read_receipt,
    reference_key,
    require_receipt,
    value_commitment,
    weights_root,
)
from proofward_serving.errors import Problem
from proofward_serving.receipt import fingerprint, receipt_bytes, sha256

VECTORS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "evidence", "vectors", "receipts.json")


def identity(days=365):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "serving")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"key": pem.decode(), "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode()}


class StandIn:
    """A gateway that is there or away, or refuses some numbers."""

    def __init__(self):
        self.away = False
        self.refusals = {}
        self.taken = {}

    def add(self, receipts):
        if self.away:
            raise Problem("away")
        for index, signed in enumerate(receipts):
            code = self.refusals.get(signed["receipt"]["sequence"])
            if code is not None:
                raise Problem(code, code, f"/receipts/{index}/receipt/sequence")
        for signed in receipts:
            receipt = signed["receipt"]
            assert self.taken.setdefault(receipt["sequence"], receipt["id"]) == receipt["id"]
        return {}


class Case(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.mkdtemp(prefix="proofward-serving-")
        self.addCleanup(shutil.rmtree, self.room)
        self.gateway = StandIn()
        self.identity = identity()
        self.problems = []

    def serving(self, journal="journal", **change):
        options = {
            "weights": [("weights", b"weights")],
            "endpoint": "triage",
            "site": "hungarian",
            "channel": "proofward",
            "journal": os.path.join(self.room, journal),
            "gateway": self.gateway,
            "on_problem": self.problems.append,
            "idle": 0.005,
            "longest": 0.02,
            **self.identity,
            **change,
        }
        serving = Serving(**options)
        self.addCleanup(lambda: serving.close() if not serving._forwarder._stopped.is_set() else None)
        return serving

    def until(self, holds):
        for _ in range(2_000):
            if holds():
                return
            time.sleep(0.005)
        self.fail("it did not come to that")

    def lines(self, journal="journal"):
        with open(os.path.join(self.room, journal), encoding="utf-8") as file:
            title, *lines = file.read().split("\n")
        self.assertEqual(lines.pop(), "")
        return json.loads(title), [json.loads(line) for line in lines]

    def numbers(self, journal="journal"):
        return [signed["receipt"]["sequence"] for signed in self.lines(journal)[1]]


class Bytes(Case):
    def test_are_those_of_the_vectors(self):
        with open(VECTORS, encoding="utf-8") as file:
            vectors = json.load(file)
        key = serialization.load_pem_public_key(vectors["publicKey"].encode())
        for vector in vectors["receipts"]:
            said = receipt_bytes(vectors["channel"], vector["receipt"])
            self.assertEqual(said.decode(), vector["bytes"])
            self.assertEqual(sha256(b"\0" + said), vector["leaf"])
            key.verify(base64.b64decode(vector["signature"]), said, ec.ECDSA(hashes.SHA256()))
        for side, value in vectors["values"].items():
            self.assertEqual(value_commitment(side, value["salt"], value["digest"]), value["commitment"])
        reference = reference_key(bytes.fromhex(vectors["commitmentKey"]))
        self.assertEqual(reference.hex(), vectors["referenceKey"])
        external = vectors["external"]
        self.assertEqual(external_reference(reference, external["system"], external["id"]), external["reference"])

    def test_of_weights_follow_the_parts_of_their_paths(self):
        digests = {path: sha256(path.encode()) for path in ("a/b", "a-b", "a", "a/b/c", "b")}
        ordered = b"".join(bytes.fromhex(digests[path]) for path in ("a", "a/b", "a/b/c", "a-b", "b"))
        self.assertEqual(weights_root(digests.items()), sha256(ordered))
        folder = os.path.join(self.room, "model")
        os.makedirs(os.path.join(folder, "a"))
        for path in ("a/b", "c", "model.sig", ".gitignore"):
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(path)
        self.assertEqual(sorted(fingerprint(folder)), [("a/b", sha256(b"a/b")), ("c", sha256(b"c"))])
        os.symlink(os.path.join(folder, "c"), os.path.join(folder, "d"))
        with self.assertRaisesRegex(ValueError, "symbolic link"):
            fingerprint(folder)


class Journals(Case):
    def test_count_on_after_a_restart_and_hand_in_when_the_gateway_is_back(self):
        self.gateway.away = True
        serving = self.serving()
        for number in range(1, 601):
            self.assertEqual(serving.issue(b"in", b"out")["signed"]["receipt"]["sequence"], number)
        self.until(lambda: len(self.problems) > 1)
        self.assertEqual(serving.handed_in, 0)
        with self.assertRaisesRegex(JournalError, "another process"):
            self.serving()
        serving.close()
        self.gateway.away = False
        again = self.serving()
        self.assertEqual(again.sequence, 600)
        again.issue(b"in", b"out")
        self.until(lambda: again.handed_in == 601)
        self.assertEqual(sorted(self.gateway.taken), list(range(1, 602)))
        again.close()
        with self.assertRaisesRegex(JournalError, "closed"):
            again.issue(b"in", b"out")

    def test_drop_a_line_that_was_cut_off_anywhere(self):
        self.gateway.away = True
        serving = self.serving()
        serving.issue(b"1", b"out")
        path = os.path.join(self.room, "journal")
        before = os.path.getsize(path)
        serving.issue(b"2", b"out")
        serving.close()
        with open(path, "rb") as file:
            whole = file.read()
        for size in range(before, len(whole), 97):
            with open(path, "wb") as file:
                file.write(whole[:size])
            again = self.serving()
            self.assertEqual(again.issue(b"3", b"out")["signed"]["receipt"]["sequence"], 2)
            again.close()
            self.assertEqual(self.numbers(), [1, 2])

    def test_refuse_what_is_another_ones_or_has_lost_lines(self):
        serving = self.serving()
        for _ in range(3):
            serving.issue(b"in", b"out")
        self.until(lambda: serving.handed_in == 3)
        serving.close()
        with self.assertRaisesRegex(JournalError, "of the endpoint triage"):
            self.serving(endpoint="reading")
        path = os.path.join(self.room, "journal")
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
        for content, reason in (
            (b"\n".join([*lines[:3], b""]), "lost lines"),
            (b"\n".join([lines[0], b"x", *lines[2:]]), "damaged"),
            (b"\n".join([lines[0], *lines[2:]]), "another's"),
            (b"my notes\n", "not a journal"),
        ):
            with open(path, "wb") as file:
                file.write(content)
            with self.assertRaisesRegex(JournalError, reason):
                self.serving()

    def test_are_shortened_and_whole_wherever_a_crash_cut_that_off(self):
        serving = self.serving(kept_bytes=3_000)
        for _ in range(60):
            serving.issue(b"in", b"out")
        self.until(lambda: serving.handed_in == 60)
        self.until(lambda: "after" in self.lines()[0])
        serving.close()
        after = self.lines()[0]["after"]
        self.assertEqual(self.numbers(), list(range(after + 1, 61)))
        self.gateway.away = True
        path = os.path.join(self.room, "journal")
        with open(path + ".next", "w", encoding="utf-8") as file:
            file.write('{"proofward":')
        with open(path + ".cursor", "w", encoding="utf-8") as file:
            json.dump({"sequence": 1, "offset": 4711}, file)
        again = self.serving()
        self.assertEqual([again.handed_in, again.sequence], [after, 60])
        self.assertEqual(again.issue(b"in", b"out")["signed"]["receipt"]["sequence"], 61)
        again.close()
        with open(path + ".cursor", "w", encoding="utf-8") as file:
            json.dump({"sequence": 70}, file)
        with self.assertRaisesRegex(JournalError, "lost lines"):
            self.serving()

    def test_wait_where_a_refusal_may_end_and_go_past_what_can_never_be_handed_in(self):
        self.gateway.refusals = {2: "SEQUENCE_REPEATED", 5: "RECEIPT_INVALID"}
        serving = self.serving()
        for _ in range(6):
            serving.issue(b"in", b"out")
        self.until(lambda: len(self.problems) > 2)
        self.assertEqual((serving.handed_in, sorted(self.gateway.taken)), (4, [1, 3, 4]))
        del self.gateway.refusals[5]
        self.until(lambda: serving.handed_in == 6)
        with open(os.path.join(self.room, "journal.refused"), encoding="utf-8") as file:
            kept = [json.loads(line) for line in file]
        self.assertEqual([(one["code"], one["signed"]["receipt"]["sequence"]) for one in kept], [("SEQUENCE_REPEATED", 2)])


class Middlewares(Case):
    def require(self, output, issued, **change):
        trust = {"channel": "proofward", "site": "hungarian", "certificates": [self.identity["certificate"]], **change}
        return require_receipt(output, issued, **trust)

    def wsgi(self, application, body=b'{"age":61}', serving=None, **environ):
        told = {}

        def start_response(status, headers, exc_info=None):
            told.update(status=status, headers={name.lower(): value for name, value in headers})

        made = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), **environ}
        wrapped = WsgiReceipts(application, serving or self.serving(), limit=1_000, reference=lambda environ: "7" * 64)
        return b"".join(wrapped(made, start_response)), told

    def test_wsgi_gives_an_output_a_receipt_of_its_bytes(self):
        def application(environ, start_response):
            age = json.loads(environ["wsgi.input"].read())["age"]
            write = start_response("201 Created", [("content-type", "application/json")])
            write(b'{"risk":')
            return [str(age / 100).encode(), b"}"]

        output, told = self.wsgi(application)
        self.assertEqual((told["status"], output), ("201 Created", b'{"risk":0.61}'))
        issued = read_receipt(told["headers"].get("proofward-receipt"))
        self.assertEqual(self.require(output, issued, given=b'{"age":61}')["receipt"]["reference"], "7" * 64)
        self.assertEqual(self.numbers(), [1])
        for fault, change in (
            ("output", {"output": b"{}"}),
            ("input", {"given": b"{}"}),
            ("site", {"site": "cleveland"}),
            ("model", {"models": []}),
            ("signature", {"channel": "another"}),
            ("signature", {"certificates": [identity()["certificate"]]}),
        ):
            with self.assertRaises(ReceiptRefused) as refused:
                self.require(change.pop("output", output), issued, **change)
            self.assertEqual(refused.exception.fault, fault)
        for value in (None, "e30"):
            with self.assertRaises(ReceiptRefused):
                read_receipt(value)

    def test_wsgi_makes_none_of_what_is_no_output_and_lets_none_out_without(self):
        def answering(status, body):
            def application(environ, start_response):
                start_response(status, [])
                return [body]

            return application

        serving = self.serving()
        for status, body in (("404 Not Found", b"no"), ("204 No Content", b"")):
            output, told = self.wsgi(answering(status, body), serving=serving)
            self.assertEqual((told["status"], output, told["headers"]), (status, body, {}))
        self.assertEqual(self.wsgi(answering("200 OK", b"x"), b"x" * 1_001, serving)[1]["status"][:3], "413")
        coded = self.wsgi(answering("200 OK", b"x"), serving=serving, HTTP_CONTENT_ENCODING="gzip")
        self.assertEqual(coded[1]["status"][:3], "415")
        self.assertEqual(serving.sequence, 0)
        serving.close()
        output, told = self.wsgi(answering("200 OK", b"secret"), serving=serving)
        self.assertEqual(told["status"][:3], "503")
        self.assertNotIn(b"secret", output)

    def test_asgi_does_the_same(self):
        async def application(scope, receive, send):
            message = await receive()
            age = json.loads(message["body"])["age"]
            await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
            await send({"type": "http.response.body", "body": b'{"risk":', "more_body": True})
            await send({"type": "http.response.body", "body": f"{age / 100}}}".encode()})

        def ask(serving, pieces, headers=()):
            coming = [
                {"type": "http.request", "body": piece, "more_body": index + 1 < len(pieces)}
                for index, piece in enumerate(pieces)
            ]
            sent = []

            async def receive():
                return coming.pop(0)

            async def send(message):
                sent.append(message)

            wrapped = AsgiReceipts(application, serving, limit=1_000)
            asyncio.run(wrapped({"type": "http", "headers": list(headers)}, receive, send))
            return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

        serving = self.serving()
        status, headers, output = ask(serving, [b'{"age"', b":61}"])
        self.assertEqual((status, headers[b"x"], output), (200, b"y", b'{"risk":0.61}'))
        issued = read_receipt(headers[b"proofward-receipt"].decode())
        self.require(output, issued, given=b'{"age":61}', models=[serving.model])
        self.assertEqual(ask(serving, [b"x" * 600, b"x" * 600])[0], 413)
        self.assertEqual(ask(serving, [b"x"], [(b"content-encoding", b"gzip")])[0], 415)
        serving.close()
        self.assertEqual(ask(serving, [b'{"age":61}'])[0], 503)

    def test_no_receipt_is_made_with_what_nobody_takes(self):
        with self.assertRaisesRegex(ServingError, "another key"):
            self.serving(key=identity()["key"])
        with self.assertRaisesRegex(ServingError, "no weights"):
            self.serving(weights=[])
        serving = self.serving(now=lambda: datetime.now(timezone.utc) + timedelta(days=400))
        with self.assertRaisesRegex(ServingError, "valid from"):
            serving.issue(b"in", b"out")


if __name__ == "__main__":
    unittest.main()
