"""Models brought from a hub on this machine, which speaks as huggingface.co does, and what is said when it cannot be reached."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import docai
from docai.errors import MissingDependency, OverLimit, Unreadable
from docai.models import examine, find_folder, find_models
from docai.models_files import MANIFEST, verify
from tests.stored_models import write_model

pytest.importorskip("huggingface_hub", reason="it brings the models")

from docai import models_download
from docai.models_download import download

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "5CD-AI/Vintern-1B-v2"
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody answers


class Hub(http.server.BaseHTTPRequestHandler):
    """What of huggingface.co's interface is asked for: what a model has, and its files, whole or from a byte on."""

    folder: Path
    lies: dict[str, bytes]

    def files(self):
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in sorted(self.folder.rglob("*"))}

    def entry(self, name, data):
        large = name.endswith(".safetensors")
        digest = hashlib.sha256(data).hexdigest()
        git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        return digest if large else git, {"oid": digest, "sha256": digest, "size": len(data), "pointerSize": 134} if large else None

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{NAME}/tree/"):
            told = [
                {"type": "file", "path": name, "size": len(data), "oid": self.entry(name, data)[0]}
                | ({"lfs": lfs} if (lfs := self.entry(name, data)[1]) else {})
                for name, data in self.files().items()
            ]
            self.answer(200, json.dumps(told).encode(), Content_Type="application/json")
        elif path.startswith(f"/api/models/{NAME}"):
            if path.endswith("/revision/none"):
                self.answer(404, X_Error_Code="RevisionNotFound")
                return
            told = [{"rfilename": name, "size": len(data), "lfs": self.entry(name, data)[1]} for name, data in self.files().items()]
            self.answer(200, json.dumps({"id": NAME, "sha": COMMIT, "siblings": told}).encode(), Content_Type="application/json")
        elif path.startswith("/api/models/gated/"):
            self.answer(403, X_Error_Code="GatedRepo")
        elif path.startswith(f"/{NAME}/resolve/"):
            name = path.split("/", 5)[5]
            data = self.files()[name]
            tag, _ = self.entry(name, data)
            data = self.lies.get(name, data)
            start = int((self.headers.get("Range") or "bytes=0-")[6:].partition("-")[0])
            part = data[start:]
            about = {"Content_Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
            self.answer(206 if start else 200, part, ETag=f'"{tag}"', X_Repo_Commit=COMMIT, Accept_Ranges="bytes", **about)
        else:
            self.answer(404 if "missing" in path else 401, X_Error_Code="RepoNotFound")

    do_HEAD = do_GET  # noqa: N815  # the name that http.server looks for

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(tmp_path):
    """Start a hub that has one model and return its address, its folder and the bytes that it sends instead of true ones."""
    folder = tmp_path / "source"
    write_model(folder, shards=2)
    (folder / "modeling_internvl_chat.py").write_text("raise SystemExit\n", encoding="utf-8")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    lies: dict[str, bytes] = {}
    handler = type("Handler", (Hub,), {"folder": folder, "lies": lies})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder, lies
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_model_comes_into_a_folder_with_its_manifest_and_without_code(tmp_path, hub):
    address, source, _ = hub
    fetched = download("vintern-1b-v2", folder=tmp_path / "mine", endpoint=address)
    assert (fetched.folder, fetched.revision, fetched.new) == (tmp_path / "mine", COMMIT, True)
    came = {path.name for path in (tmp_path / "mine").iterdir() if path.is_file()}
    assert came == {path.name for path in source.iterdir()} - {"modeling_internvl_chat.py", "pytorch_model.bin"} | {MANIFEST}
    assert fetched.size == sum((source / name).stat().st_size for name in came - {MANIFEST})
    verdict = verify(tmp_path / "mine")
    assert (verdict.against, verdict.damage) == ("manifest", ())
    local = examine(tmp_path / "mine")
    assert (local.name, local.revision, local.licence) == (NAME, COMMIT, "MIT")


def test_a_model_comes_into_the_cache_and_is_checked_by_the_hubs_own_names(tmp_path, hub):
    address, _, _ = hub
    cache = tmp_path / "cache"
    fetched = download(NAME, cache=cache, endpoint=address)
    assert find_folder("Vintern-1B-v2", cache=cache) == fetched.folder
    assert [local.name for local in find_models([], cache)] == [NAME]
    assert not (fetched.folder / MANIFEST).exists()
    verdict = verify(fetched.folder)
    assert (verdict.against, verdict.damage) == ("hub", ())
    shard = fetched.folder / "model-00002-of-00002.safetensors"
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.resolve().write_bytes(data)
    assert [damage.file for damage in verify(fetched.folder).damage] == [shard.name]


def test_a_revision_is_pinned_and_one_that_is_not_there_is_named(tmp_path, hub):
    address, _, _ = hub
    fetched = download(NAME, revision="v1", cache=tmp_path / "cache", endpoint=address)
    assert fetched.folder.name == COMMIT
    assert find_folder(NAME, cache=tmp_path / "cache", revision=COMMIT[:7]) == fetched.folder
    with pytest.raises(MissingDependency, match="has no revision none"):
        download(NAME, revision="none", cache=tmp_path / "cache", endpoint=address)


def test_what_is_not_given_is_told_with_the_next_step(tmp_path, hub):
    address, source, _ = hub
    with pytest.raises(MissingDependency, match="has no model some/missing, or keeps it private"):
        download("some/missing", cache=tmp_path / "cache", endpoint=address)
    with pytest.raises(MissingDependency, match=r"accept its terms.*hf auth login"):
        download("gated/model", cache=tmp_path / "cache", endpoint=address)
    with pytest.raises(MissingDependency, match="no name of a model"):
        download("a/b/c", cache=tmp_path / "cache", endpoint=address)
    for file in source.glob("*.safetensors*"):
        file.unlink()
    with pytest.raises(Unreadable, match="can run code"):
        download(NAME, cache=tmp_path / "cache", endpoint=address)


def test_bytes_that_are_not_the_hubs_are_noticed(tmp_path, hub):
    address, source, lies = hub
    name = "model-00001-of-00002.safetensors"
    data = bytearray((source / name).read_bytes())
    data[-1] ^= 1
    lies[name] = bytes(data)
    with pytest.raises(Unreadable, match=r"model-00001-of-00002\.safetensors: its bytes are not those"):
        download(NAME, folder=tmp_path / "mine", endpoint=address)
    assert not (tmp_path / "mine" / MANIFEST).exists()


def test_a_full_disk_is_told_before_anything_comes(tmp_path, hub, monkeypatch):
    address, _, _ = hub
    monkeypatch.setattr(models_download, "SPARE", 1 << 60)
    with pytest.raises(OverLimit, match="GB are free; make room"):
        download(NAME, folder=tmp_path / "mine", endpoint=address)
    assert list((tmp_path / "mine").iterdir()) == []


def test_without_a_network_what_is_here_is_used_and_what_is_not_is_told(tmp_path, hub):
    address, _, _ = hub
    cache = tmp_path / "cache"
    with pytest.raises(MissingDependency, match=r"cannot be reached \(.*refused\).*HF_ENDPOINT"):
        download(NAME, cache=cache, endpoint=NOWHERE)
    fetched = download(NAME, cache=cache, endpoint=address)
    again = download(NAME, cache=cache, endpoint=NOWHERE)
    assert (again.folder, again.revision, again.new) == (fetched.folder, COMMIT, False)
    (fetched.folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(MissingDependency, match="or not all of it"):
        download(NAME, cache=cache, endpoint=NOWHERE)


def test_without_a_network_a_folder_is_used_if_it_is_that_model_and_revision(tmp_path, hub):
    address, _, _ = hub
    mine = tmp_path / "mine"
    download(NAME, folder=mine, endpoint=address)
    assert download(NAME, folder=mine, revision=COMMIT, endpoint=NOWHERE).folder == mine
    for name, revision, folder in ((NAME, "abc", mine), ("some/other", None, mine), (NAME, None, tmp_path / "none")):
        with pytest.raises(MissingDependency, match=f"{name} is not on this machine"):
            download(name, revision=revision, folder=folder, endpoint=NOWHERE)


def test_the_command_keeps_to_hf_hub_offline_and_ends_with_the_code_of_what_is_missing(tmp_path, hub):
    address, _, _ = hub
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(docai.__file__).parents[1]),
        "HF_HOME": str(tmp_path),
        "HF_ENDPOINT": address,
    }

    def call(*arguments, **more):
        command = [sys.executable, "-m", "docai", "models", *arguments]
        return subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, check=False)

    offline = call("download", NAME, HF_HUB_OFFLINE="1")
    assert (offline.returncode, offline.stdout) == (6, "")
    assert "offline mode is enabled" in offline.stderr
    assert "error: 5CD-AI/Vintern-1B-v2 is not on this machine" in offline.stderr.replace("\n", " ")
    fetched = call("download", NAME, "--json")
    assert fetched.returncode == 0, fetched.stderr
    told = json.loads(fetched.stdout)
    assert (told["revision"], told["new"]) == (COMMIT, True)
    assert "licence MIT" in fetched.stderr
    checked = call("verify", NAME, "--json", HF_HUB_OFFLINE="1")
    assert (checked.returncode, json.loads(checked.stdout)["damage"]) == (0, [])
