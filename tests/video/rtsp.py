"""A small RTSP server (RFC 2326) that plays H.264 over its own connection (RFC 6184), and hangs up in the middle."""

from __future__ import annotations

import base64
import socketserver
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction

from PIL import Image

CLOCK = 90_000  # ticks a second
MOST = 1_200  # bytes of a packet
SPS, PPS, FRAGMENT = 7, 8, 28


def coded(pictures: Iterable[Image.Image], *, per_second: int) -> list[list[bytes]]:
    """Each picture as the units that H.264 makes of it."""
    import av

    encoder = av.CodecContext.create("libx264", "w")
    encoder.time_base, encoder.framerate = Fraction(1, per_second), Fraction(per_second)
    encoder.options = {"bf": "0", "tune": "zerolatency", "x264-params": "slices=1:repeat-headers=1"}
    encoder.pix_fmt = "yuv420p"
    packets = []
    for number, picture in enumerate(pictures):
        if not number:
            encoder.width, encoder.height = picture.size
        frame = av.VideoFrame.from_image(picture).reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [[unit.rstrip(b"\0") for unit in bytes(packet).split(b"\0\0\1") if unit.rstrip(b"\0")] for packet in packets]


def _pieces(unit: bytes) -> list[bytes]:
    """Payloads of RTP packets."""
    if len(unit) <= MOST:
        return [unit]
    kind, rest = unit[0], unit[1:]
    parts = [rest[start : start + MOST] for start in range(0, len(rest), MOST)]
    flags = [0x80, *[0] * (len(parts) - 2), 0x40]
    return [
        bytes([(kind & 0xE0) | FRAGMENT, flag | (kind & 0x1F)]) + part for flag, part in zip(flags, parts, strict=True)
    ]


class _Talk(socketserver.StreamRequestHandler):
    server: _Camera

    def handle(self) -> None:
        while request := self._request():
            method, number = request
            headers, body = [f"CSeq: {number}"], ""
            if method == "DESCRIBE":
                body = self.server.description()
                headers += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
            elif method == "SETUP":
                headers += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"]
            elif method == "OPTIONS":
                headers += ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"]
            else:
                headers += ["Session: 1"]
            self.wfile.write(("\r\n".join(["RTSP/1.0 200 OK", *headers]) + "\r\n\r\n" + body).encode())
            if method == "PLAY":
                self._play()
                return

    def _request(self) -> tuple[str, str] | None:
        """Method and number; None: it hung up."""
        lines = list[str]()
        while line := self.rfile.readline().decode().strip():
            lines.append(line)
        if not lines:
            return None
        numbers = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("cseq:")]
        return lines[0].split()[0], numbers[0]

    def _play(self) -> None:
        sequence = 0
        self.server.plays += 1
        for number, units in enumerate(self.server.pictures):
            payloads = [piece for unit in units for piece in _pieces(unit)]
            stamp = number * CLOCK // self.server.per_second
            for place, payload in enumerate(payloads):
                last = 0x80 if place == len(payloads) - 1 else 0
                packet = struct.pack("!BBHII", 0x80, last | 96, sequence & 0xFFFF, stamp, 7) + payload
                self.wfile.write(struct.pack("!BBH", 0x24, 0, len(packet)) + packet)
                sequence += 1


class _Camera(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, pictures: Sequence[Sequence[bytes]], per_second: int) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.pictures = pictures
        self.per_second = per_second
        self.plays = 0

    def description(self) -> str:
        sets = {unit[0] & 0x1F: base64.b64encode(unit).decode() for unit in self.pictures[0]}
        return "\r\n".join(
            [
                "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "m=video 0 RTP/AVP 96",
                f"a=rtpmap:96 H264/{CLOCK}",
                f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets[SPS]},{sets[PPS]}", "a=control:track", "",
            ]
        )  # fmt: skip


@contextmanager
def camera(pictures: Sequence[Sequence[bytes]], *, per_second: int) -> Iterator[str]:
    """Its address; whoever plays gets all pictures and is then hung up on."""
    server = _Camera(pictures, per_second)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"rtsp://user:secret@127.0.0.1:{server.server_address[1]}/live"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
