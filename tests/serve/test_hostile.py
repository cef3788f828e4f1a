"""Hostile uploads and senders: a clear 4xx, bounded memory, and a server that goes on."""

from __future__ import annotations

import os
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.damage import damaged_files, good_files, png
from tests.serve.conftest import Server, Start

SEARCH = "/v1/catalogues/shop/search"
MEGABYTE = 1 << 20


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that promise or hold very much."""
    for width, height in ((30_000, 30_000), (2**31 - 1, 2**31 - 1), (65_535, 65_535), (1, 2**31 - 1), (8_001, 8_001)):
        yield f"png-{width}x{height}", png(width, height, rows=b"")
    yield "png-full", png(8_100, 8_100, rows=bytes(8_101 * 1_000))
    text = zlib.compress(bytes(50 * MEGABYTE), 9)
    yield "png-ztxt", png(8, 8, (b"zTXt", b"Comment\0\0" + text), rows=bytes(72))
    yield "png-itxt", png(8, 8, (b"iTXt", b"Comment\0\1\0\0\0" + text), rows=bytes(72))
    yield "png-iccp", png(8, 8, (b"iCCP", b"p\0\0" + text), rows=bytes(72))
    screen = b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0\0\0\0\xff\xff\xff"
    yield "gif", screen + b",\0\0\0\0\xff\xff\xff\xff\0\x02\0;"
    yield "bmp", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    sides = b"".join(struct.pack("<HHII", tag, 4, 1, 2**31 - 1) for tag in (256, 257))
    yield "tiff", b"II*\0\x08\0\0\0\x02\0" + sides + bytes(4)
    yield "webp", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\xff\xff\xff\xff\xff"
    yield "jpeg", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00\xff\xd9"
    yield "heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def strangers() -> Iterator[tuple[str, bytes]]:
    """What is no picture, or only looks like one."""
    jpeg = good_files()["jpeg"]
    yield "empty", b""
    yield "zeros", bytes(1_000)
    yield "text", b"hello"
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "svg-xml", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
    yield "html", b"<!doctype html><script>alert(1)</script>"
    yield "pdf", b"%PDF-1.7\n1 0 obj\n"
    yield "zip", b"PK\x03\x04" + bytes(100)
    yield "gzip", b"\x1f\x8b\x08\0" + zlib.compress(bytes(10 * MEGABYTE))
    yield "elf", b"\x7fELF" + bytes(200)
    yield "php", b"<?php system($_GET[0]); ?>"
    yield "pickle", b"\x80\x04cos\nsystem\n(S'true'\ntR."
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999 9999\n"
    yield "imagemagick", b'push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 "https://127.0.0.1/x|ls"\n'
    yield "mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100)
    yield "half-a-jpeg", jpeg[: len(jpeg) // 3]
    yield "jpeg-head", jpeg[:20]
    yield "html-before-jpeg", b"<html>" + jpeg
    yield "zeros-before-jpeg", bytes(16) + jpeg
    yield "riff", b"RIFF\xff\xff\xff\xffWAVEfmt "
    yield "xcf", b"gimp xcf v011\0" + bytes(100)
    yield "psd", b"8BPS\0\1" + bytes(100)
    yield "ico", b"\0\0\1\0\1\0\0\0\0\0\1\0\x20\0\xff\xff\xff\x7f\x16\0\0\0"
    yield "fli", bytes(4) + b"\x12\xaf" + bytes(200)


POLYGLOTS: dict[str, Callable[[bytes], bytes]] = {
    "jpeg-and-zip": lambda jpeg: jpeg + b"PK\x05\x06" + bytes(18),
    "jpeg-and-html": lambda jpeg: jpeg[:2] + b"\xff\xfe\x00\x20<script>alert(1)</script>!!!!!!!" + jpeg[2:],
    "jpeg-and-php": lambda jpeg: jpeg + b"<?php system($_GET[0]); ?>",
    "jpeg-and-noise": lambda jpeg: jpeg + bytes(100_000),
}


HOSTILE = dict([*bombs(), *strangers()])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bomb_or_a_stranger_gets_a_4xx_quickly_and_costs_no_memory(server: Server, name: str) -> None:
    data = HOSTILE[name]
    before = server.resident()
    started = time.monotonic()
    response = server.http.post(SEARCH, files={"picture": ("photo.jpg", data, "image/jpeg")})
    assert response.status_code == 422, (name, response.text)
    assert response.json()["errors"][0]["field"] == "/pictures/0"
    assert time.monotonic() - started < 10
    assert server.resident() - before < 400 * MEGABYTE
    upload = server.http.post("/v1/catalogues/shop/products/p1/photos", files={"photo": data})
    assert upload.status_code == 422, (name, upload.text)


def test_what_is_a_picture_and_something_else_is_taken_as_the_picture_alone(http: httpx.Client) -> None:
    """And goes out as a picture only: written anew."""
    jpeg = good_files()["jpeg"]
    http.put("/v1/catalogues/shop/products/polyglot", json={})
    for name, make in POLYGLOTS.items():
        photo = http.post("/v1/catalogues/shop/products/polyglot/photos", files={"photo": make(jpeg)})
        assert photo.status_code == 201, name
        for kind in ("thumbnail", "picture"):
            shown = http.get(photo.json()[kind])
            assert shown.headers["content-type"] == "image/jpeg"
            assert shown.headers["x-content-type-options"] == "nosniff"
            assert not any(word in shown.content for word in (b"script", b"php", b"PK\x05\x06"))
    http.delete("/v1/catalogues/shop/products/polyglot")


def test_damaged_files_never_cost_more_than_a_4xx(server: Server, http: httpx.Client, tmp_path: Path) -> None:
    before = server.resident()
    for file in damaged_files(tmp_path, int(os.environ.get("SHELFLENS_HOSTILE", "60")), seed=7):
        response = http.post(SEARCH, files={"picture": file.path.read_bytes()}, data={"k": 1})
        assert response.status_code in ((422,) if file.unreadable else (200, 422)), (file.damage, response.text)
    assert server.resident() - before < 150 * MEGABYTE


def test_too_much_is_refused_before_it_is_read(http: httpx.Client, server: Server, photo: bytes) -> None:
    assert http.post(SEARCH, files={"picture": bytes(21 * MEGABYTE)}).status_code == 413
    before = server.resident()

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield bytes(MEGABYTE)

    try:
        response = http.post(SEARCH, content=endless(), headers={"Content-Type": "image/jpeg"})
        assert response.status_code in (413, 415)
        endless_form = {"Content-Type": "multipart/form-data; boundary=x"}
        response = http.post(SEARCH, content=endless(), headers=endless_form)
        assert response.status_code in (400, 413)
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        pass  # refused and hung up while we were still sending
    assert server.resident() - before < 150 * MEGABYTE
    many = [("picture", photo)] * 9
    assert http.post(SEARCH, files=many).status_code in (400, 422)
    fields = {f"f{number}": "x" for number in range(100)}
    assert http.post(SEARCH, data=fields, files={"picture": photo}).status_code == 400
    assert http.post(SEARCH, data={"filter": "x" * 100_000}, files={"picture": photo}).status_code == 400
    assert http.get("/healthz").status_code == 200


def talk(server: Server, data: bytes, *, then: bytes = b"", wait: float = 0.0, seconds: float = 10) -> bytes:
    """What the server says to raw bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        said = b""
        try:
            connection.sendall(data)
            if then:
                time.sleep(wait)
                connection.sendall(then)
            while part := connection.recv(65_536):
                said += part
        except (TimeoutError, ConnectionError):
            pass
        return said


HEAD = b"POST /v1/catalogues/shop/search HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
RAW = {
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n\r\n",
    "huge header": HEAD + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X%d: y\r\n" % number for number in range(10_000)) + b"\r\n",
    "huge path": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "negative length": HEAD + b"Content-Length: -5\r\n\r\nhello",
    "length of words": HEAD + b"Content-Length: five\r\n\r\nhello",
    "huge length": HEAD + b"Content-Length: 99999999999999999999\r\n\r\nhello",
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "broken chunks": HEAD + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    "unknown coding": HEAD + b"Transfer-Encoding: br\r\n\r\nhello",
    "no host": b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
    "nul in header": HEAD + b"X: a\x00b\r\n\r\n",
    "folded header": HEAD + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "bare newline": b"GET /v1/catalogues/none HTTP/1.1\nHost: localhost\nConnection: close\n\n",
    "space in name": HEAD + b"X Y: z\r\n\r\n",
    "no type": HEAD + b"Content-Length: 5\r\n\r\nhello",
    "absolute target": b"GET http://127.0.0.1:9/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "odd method": b"BREW /v1/catalogues HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /?" + b"a" * 4_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"431"),
        (HEAD + b"X: " + b"a" * 4_000_000 + b"\r\n\r\n", b"431"),
        (HEAD + b"Content-Length: five\r\n\r\n" + bytes(4_000_000), b"400"),
        (HEAD + b"Content-Length: 40000000\r\n\r\n" + bytes(4_000_000), b"413"),
    ],
)
def test_whoever_goes_on_sending_can_read_why_he_is_refused(server: Server, data: bytes, status: bytes) -> None:
    """Hanging up at once would make the kernel throw the answer away."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(data)
        said = b""
        while part := connection.recv(65_536):
            said += part
    assert said[9:12] == status, said[:200]
    assert b"content-type: application/problem+json" in said.lower()


@pytest.mark.parametrize("name", RAW)
def test_a_broken_request_gets_a_4xx_or_a_closed_connection(server: Server, name: str) -> None:
    said = talk(server, RAW[name])
    assert said[9:10] == b"4" or not said, (name, said[:200])
    assert server.http.get("/healthz").status_code == 200


def test_a_body_shorter_than_it_says_changes_nothing(server: Server) -> None:
    path = b"PUT /v1/catalogues/shop/products/short HTTP/1.1\r\nHost: localhost\r\n"
    body = b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{}"
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(path + body)
    time.sleep(0.3)
    assert server.http.get("/v1/catalogues/shop/products/short").status_code == 404


def test_whoever_sends_slowly_is_cut_off_and_holds_up_nobody(start: Start, indexed: Path, photo: bytes) -> None:
    server = start(indexed, "--header-seconds", "1", "--body-seconds", "2")
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(50)]
    try:
        started = time.monotonic()
        for number, connection in enumerate(slow):
            length = b"Content-Length: 100\r\nContent-Type: application/json\r\n\r\n{" if number % 2 else b""
            connection.sendall(HEAD + length)
        response = server.http.post(SEARCH, files={"picture": photo})
        assert response.status_code == 200
        for number, connection in enumerate(slow):
            said = b""
            while part := connection.recv(65_536):
                said += part
            assert said[9:12] == b"408", said
            assert time.monotonic() - started < 10, number
    finally:
        for connection in slow:
            connection.close()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as silent:
        assert silent.recv(100)[9:12] == b"408"  # not a word


def test_a_huge_picture_in_a_small_file_is_decoded_within_bounds(server: Server) -> None:
    out = BytesIO()
    Image.new("RGB", (7_900, 7_900), (10, 200, 30)).save(out, "PNG", compress_level=9)
    before = server.resident()
    response = server.http.post(SEARCH, files={"picture": out.getvalue()}, data={"k": 1})
    assert response.status_code == 200
    assert server.resident() - before < 700 * MEGABYTE
