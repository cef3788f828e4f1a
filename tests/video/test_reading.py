"""Files, streams and cuts, read with real parts: real FFmpeg, a real HTTP server that drops its connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.video import rtsp
from tests.video.conftest import counted

from shelflens.errors import VideoError
from shelflens.video import Health, Patience, VideoLimits, read_frames, source, sources
from shelflens.video.writing import write_video


def bar(picture: Image.Image) -> int:
    """Steps of the white bar, as drawn by `counted`."""
    row = np.asarray(picture.convert("L"))[45]
    return round((int((row > 150).sum()) - 6) / 6)


def test_a_file_gives_its_frames_in_order_and_at_their_times(video: Path) -> None:
    frames = list(read_frames(source(str(video)), per_second=10))
    assert [bar(frame.image) for frame in frames] == list(range(20))
    assert [frame.at for frame in frames] == pytest.approx([n / 10 for n in range(20)], abs=1e-3)


def test_a_slower_pace_takes_every_other_frame(video: Path) -> None:
    assert [bar(frame.image) for frame in read_frames(source(str(video)), per_second=5)] == list(range(0, 20, 2))


def test_a_folder_stands_for_the_videos_in_it(video: Path, tmp_path: Path) -> None:
    for name in ("b.mp4", "a.MP4", "notes.txt"):
        (tmp_path / name).write_bytes(video.read_bytes())
    assert [Path(one.place).name for one in sources(str(tmp_path))] == ["a.MP4", "b.mp4"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(VideoError, match="without a video"):
        sources(str(tmp_path / "empty"))


def test_an_address_is_named_without_its_secrets() -> None:
    named = source("rtsp://admin:secret@10.0.0.7:554/live?token=abc")
    assert named.name == "rtsp://10.0.0.7:554/live" and "secret" in named.place and named.live
    with pytest.raises(VideoError, match="cannot be opened"):
        source("file:///etc/passwd")


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100, b"\x00\x00\x00\x20ftypisom" + bytes(400)])
def test_what_is_no_video_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "wrong.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match="wrong"):
        list(read_frames(source(str(path)), per_second=5))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "sound.mov"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    with pytest.raises(VideoError, match="no pictures"):
        list(read_frames(source(str(tmp_path / "sound.mov")), per_second=5))


def test_frames_that_are_too_large_are_refused_before_they_are_decoded(video: Path) -> None:
    with pytest.raises(VideoError, match="160 x 96"):
        list(read_frames(source(str(video)), per_second=5, limits=VideoLimits(max_side=100)))


def test_corrupt_packets_are_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    noise = [Image.fromarray(random.integers(0, 255, (96, 160, 3), np.uint8)) for _ in range(20)]
    path = tmp_path / "corrupt.ts"
    write_video(path, noise, per_second=10)
    data = bytearray(path.read_bytes())
    packets = len(data) // 188
    for start in range(188 * (packets // 4), 188 * (packets // 2), 188):
        if not data[start + 1] & 0x40:  # inside a picture: what begins one stays readable
            data[start + 40 : start + 160] = random.bytes(120)
    path.write_bytes(data)
    heard: list[Health] = []
    frames = list(read_frames(source(str(path)), per_second=10, on_health=heard.append))
    assert 5 <= len(frames) < 20
    assert heard[-1].corrupt > 0
    assert heard[-1].frames + heard[-1].corrupt >= 18


def test_a_file_cut_short_gives_what_is_there(stream_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.ts"
    path.write_bytes(stream_file.read_bytes()[: stream_file.stat().st_size // 2])
    assert 2 <= len(list(read_frames(source(str(path)), per_second=10))) < 20


class Dropping(BaseHTTPRequestHandler):
    """Sends the stream, the first time only a part of it; answers 503 every third time."""

    content = b""
    requests = 0

    def do_GET(self) -> None:
        kind = type(self)
        kind.requests += 1
        if kind.requests % 3 == 0:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        self.wfile.write(self.content if kind.requests > 1 else self.content[: len(self.content) * 3 // 4])

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(content: bytes) -> Iterator[str]:
    handler = type("Serving", (Dropping,), {"content": content, "requests": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/live.ts"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_stream_that_is_cut_is_opened_again_and_time_runs_on(stream_file: Path) -> None:
    waits: list[float] = []
    heard: list[Health] = []
    with serving(stream_file.read_bytes()) as address:
        frames = list(
            islice(
                read_frames(source(address), per_second=100, on_health=heard.append, sleep=waits.append),
                45,
            )
        )
    assert len(frames) == 45
    assert all(later.at >= earlier.at for earlier, later in pairwise(frames))
    assert heard[-1].reconnects >= 2 and heard[-1].trouble
    assert waits[0] == 0.5 and max(waits) == 1.0  # 503 right after a cut waits longer; a frame starts anew


def test_a_stream_that_stays_away_is_given_up_after_so_many_tries(stream_file: Path) -> None:
    waits: list[float] = []
    with serving(stream_file.read_bytes()) as address:
        frames = read_frames(source(address), per_second=5, patience=Patience(tries=4, longest=3.0), sleep=waits.append)
        next(frames)
    with pytest.raises(VideoError, match="given up after 5 tries"):
        list(frames)
    assert waits == [0.5, 1.0, 2.0, 3.0]


def test_a_stream_that_was_never_there_is_an_error_at_once() -> None:
    with pytest.raises(VideoError, match="cannot be opened"):
        list(read_frames(source("http://127.0.0.1:9/none.ts"), per_second=5))


def test_a_playlist_cannot_reach_files(tmp_path: Path, video: Path) -> None:
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{video}\n#EXT-X-ENDLIST\n".encode()
    with serving(playlist) as address, pytest.raises(VideoError):
        list(read_frames(source(address.replace(".ts", ".m3u8")), per_second=5, patience=Patience(tries=0)))


def test_another_codec_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "old.avi"
    write_video(path, (Image.new("RGB", (64, 48), (0, 0, n * 20)) for n in range(6)), per_second=5, codec="mpeg4")
    assert len(list(read_frames(source(str(path)), per_second=5))) == 6


def test_a_codec_that_nobody_knows_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = tmp_path / "odd.avi"
    write_video(path, (Image.new("RGB", (64, 48)) for _ in range(3)), per_second=5, codec="mpeg4")
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"ZZQ9"))
    with pytest.raises(VideoError, match="does not know"):
        list(read_frames(source(str(path)), per_second=5))


def test_a_camera_s_rtsp_stream_is_read_and_opened_again_when_it_hangs_up() -> None:
    waits: list[float] = []
    heard: list[Health] = []
    sent = rtsp.coded(counted(20), per_second=10)
    with rtsp.camera(sent, per_second=10) as address:
        frames = list(
            islice(read_frames(source(address), per_second=100, on_health=heard.append, sleep=waits.append), 45)
        )
    steps = [bar(frame.image) for frame in frames]
    assert len(set(steps[:20])) >= 18 and steps[:15] == sorted(steps[:15])
    assert all(later.at >= earlier.at for earlier, later in pairwise(frames))
    assert heard[-1].reconnects >= 2 and waits[0] == 0.5
    assert "secret" not in heard[-1].trouble
