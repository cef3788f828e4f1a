"""Keys: what each opens, how they are kept, and that one catalogue's open no other."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from tests.serve.conftest import Start

from shelflens.cli.main import main
from shelflens.errors import ShelflensError
from shelflens.serve.keys import KeyFile, Scope, parse_scope


def made(file: Path, *scopes: str) -> str:
    """A new key, through the command."""
    words = ["keys", "add", str(file), "--json", *(word for scope in scopes for word in ("--scope", scope))]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    key: str = json.loads(result.stdout)["key"]
    return key


def test_only_the_digest_is_kept_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    secret = made(file, "shop:read")
    assert secret not in file.read_text()
    assert secret.rpartition("_")[2] not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys = KeyFile(file)
    found = keys.find(secret)
    assert found is not None
    assert found.scopes == {"shop": Scope.READ}
    assert keys.find(secret[:-1]) is None
    assert keys.find("") is None
    assert keys.find("\ud800") is None


def test_a_revoked_key_opens_nothing_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    one, two = made(file, "*:admin"), made(file, "a:read", "b:write")
    keys = KeyFile(file)
    first = keys.find(one)
    assert first is not None
    result = CliRunner().invoke(main, ["keys", "revoke", str(file), first.key_id])
    assert result.exit_code == 0
    assert keys.find(one) is None
    left = keys.find(two)
    assert left is not None
    assert (left.scope("a"), left.scope("b"), left.scope("c")) == (Scope.READ, Scope.WRITE, None)
    listed = json.loads(CliRunner().invoke(main, ["keys", "list", str(file), "--json"]).stdout)["keys"]
    assert [one["scopes"] for one in listed] == [{"a": "read", "b": "write"}]
    assert CliRunner().invoke(main, ["keys", "revoke", str(file), "nobody"]).exit_code == 1


@pytest.mark.parametrize("text", ["shop", "shop:", ":read", "shop:root"])
def test_a_scope_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ShelflensError, match="CATALOGUE:SCOPE"):
        parse_scope(text)


def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"format": 1, "keys": [{"name": "x"}]}')
    with pytest.raises(ShelflensError, match="not a file of keys"):
        KeyFile(tmp_path / "keys.json").keys()
    with pytest.raises(ShelflensError, match="shelflens keys add"):
        KeyFile(tmp_path / "none.json").keys()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_of_one_catalogue_opens_no_other(start: Start, copy: Path, photo: bytes, tmp_path: Path) -> None:
    other = Path(shutil.copytree(copy, tmp_path / "other.lens"))
    file = tmp_path / "keys.json"
    reader, writer, admin = (made(file, f"shop:{scope}") for scope in ("read", "write", "admin"))
    everywhere = made(file, "*:read")
    server = start(copy, other, "--keys", file)
    http = server.http
    shop, elsewhere = "/v1/catalogues/shop", "/v1/catalogues/other"
    questions = [
        ("GET", ""), ("GET", "/facets"), ("GET", "/products"), ("GET", "/products/p1"), ("PUT", "/products/new"),
        ("PATCH", "/products/p1"), ("DELETE", "/products/p1"), ("DELETE", "/products?product_id=p1"),
        ("POST", "/products/bulk"), ("POST", "/products/p1/photos"), ("DELETE", "/products/p1/photos/x"),
        ("GET", "/products/p1/photos/x/thumbnail"), ("GET", "/products/p1/photos/x/picture"), ("POST", "/search"),
        ("POST", "/match"), ("POST", "/jobs"), ("GET", "/jobs"), ("GET", "/jobs/x"), ("POST", "/jobs/x/cancel"),
        ("POST", "/jobs/x/resume"), ("POST", "/duplicates"),
    ]  # fmt: skip
    for method, path in questions:
        for key in (reader, writer, admin):
            answer = http.request(method, f"{elsewhere}{path}", headers=bearer(key), json={"kind": "doctor"})
            assert answer.status_code == 404, (method, path)
            unknown = http.request(method, f"/v1/catalogues/none{path}", headers=bearer(key), json={"kind": "doctor"})
            assert answer.json()["type"] == unknown.json()["type"]
        for headers in ({}, bearer("wrong"), {"Authorization": f"Basic {reader}"}, {"X-API-Key": reader[:-1]}):
            assert http.request(method, f"{shop}{path}", headers=headers).status_code == 401
    assert [one["name"] for one in http.get("/v1/catalogues", headers=bearer(reader)).json()["catalogues"]] == ["shop"]
    assert len(http.get("/v1/catalogues", headers=bearer(everywhere)).json()["catalogues"]) == 2
    assert http.get("/v1/catalogues").status_code == 401
    assert http.post("/v1/classify", files={"picture": photo}).status_code == 401
    search = {"picture": photo}
    assert http.post(f"{shop}/search", files=search, headers=bearer(reader)).status_code == 200
    assert http.post(f"{shop}/search", files=search, headers={"X-API-Key": reader}).status_code == 200
    assert http.post(f"{elsewhere}/search", files=search, headers=bearer(everywhere)).status_code == 200
    for key, statuses in ((reader, (403, 403)), (writer, (201, 403)), (admin, (200, 202))):
        put = http.put(f"{shop}/products/new", json={}, headers=bearer(key))
        job = http.post(f"{shop}/jobs", json={"kind": "duplicates"}, headers=bearer(key))
        assert (put.status_code, job.status_code) == statuses
    again = {**bearer(writer), "Idempotency-Key": "same"}
    assert http.put(f"{shop}/products/mine", json={}, headers=again).status_code == 201
    stolen = {**bearer(admin), "Idempotency-Key": "same"}  # answers belong to the key that asked
    assert http.put(f"{shop}/products/mine", json={}, headers=stolen).status_code == 200
    for open_to_all in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/"):
        assert http.get(open_to_all).status_code == 200
    (first, *_) = KeyFile(file).keys()
    KeyFile(file).revoke(first.key_id)
    assert http.get(shop, headers=bearer(reader)).status_code == 401
    log = server.log.read_text()
    assert all(secret not in log for secret in (reader, writer, admin, everywhere))
    assert first.key_id in log


def test_a_server_that_others_reach_wants_to_know_who_may(copy: Path) -> None:
    result = CliRunner().invoke(main, ["serve", str(copy), "--host", "0.0.0.0"])
    assert result.exit_code == 2
    assert "--keys" in result.output


def test_without_keys_only_the_names_of_this_machine_are_answered(http: httpx.Client) -> None:
    """A page elsewhere whose name is made to point here sends its own name in Host."""
    assert http.get("/v1/catalogues", headers={"Host": "shop.example"}).status_code == 421
    assert http.get("/v1/catalogues", headers={"Host": "localhost:1"}).status_code == 200
    assert http.get("/v1/catalogues", headers={"Host": "[::1]"}).status_code == 200


def test_pages_of_other_sites_cannot_write(http: httpx.Client, photo: bytes) -> None:
    """A form may be posted from any page without asking first; its Origin tells."""
    path = "/v1/catalogues/shop/products/p1/photos"
    foreign = http.post(path, files={"photo": photo}, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["type"].rpartition("/")[2]) == (403, "foreign-page")
    assert http.post(path, files={"photo": photo}, headers={"Origin": "null"}).status_code == 403
    own = str(http.base_url).rstrip("/")
    assert http.post(path, files={"photo": photo}, headers={"Origin": own}).status_code == 201


def test_an_origin_that_is_allowed_may_call(start: Start, copy: Path) -> None:
    http = start(copy, "--allow-origin", "https://shop.example").http
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
    asked = http.options("/v1/catalogues/shop/products/x", headers=headers)
    assert asked.headers["access-control-allow-origin"] == "https://shop.example"
    put = http.put("/v1/catalogues/shop/products/x", json={}, headers={"Origin": "https://shop.example"})
    assert put.status_code == 201
    assert put.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in http.get("/healthz", headers={"Origin": "https://evil.example"}).headers
