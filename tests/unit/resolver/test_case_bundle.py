"""A bundle is streamed: its memory does not grow with what is attached to the case."""

import io
import json
import subprocess
import sys
import textwrap
import zipfile
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resolver.case import bundle
from resolver.mint.answer_signer import AnswerSigner
from resolver.web.signatures import answer_key

KEY = answer_key(AnswerSigner(Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)))


def test_a_bundle_whose_files_come_in_portions_holds():
    content = bytes(range(256)) * 4096
    attached = bundle.Member("files/x", len(content), sha256(content).digest(), (content[:1000], content[1000:]))
    built = b"".join(bundle.stream([attached, bundle.member_of("case.json", b"{}\n")], KEY))
    assert bundle.verify(built).files == 2
    with zipfile.ZipFile(io.BytesIO(built)) as archive:
        assert archive.read("files/x") == content
        assert [each["name"] for each in json.loads(archive.read("manifest.json"))["files"]] == ["case.json", "files/x"]


def test_hundreds_of_megabytes_of_evidence_are_bundled_within_a_small_process():
    program = textwrap.dedent("""
        import resource
        from resolver.case import bundle
        from tests.unit.resolver.test_case_bundle import KEY
        resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
        def member(number):
            return bundle.Member(f"files/{number}", 8 << 20, bytes(32), (bytes(1 << 20) for _ in range(8)))
        print(sum(map(len, bundle.stream([member(number) for number in range(60)], KEY))))
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 480 << 20
