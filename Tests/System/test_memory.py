"""Memory does not grow with what comes in: the high-water mark of the process tells."""

import re
import subprocess
from pathlib import Path

from pictures import encoded, jpeg, picture
from program import Program, Server, wait_for

FORM = "multipart/form-data; boundary=XYZ"
MEGABYTE = 1_000_000


def peak(process: subprocess.Popen) -> int | None:
    """The most bytes that a process ever had in memory; `None` if it has ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    return found and int(found.group(1)) * 1024


def upload(server: Server, parts) -> dict:
    """Sends files as they are made, each as an iterable of bytes, and waits until they are taken in."""
    def body():
        for number, part in enumerate(parts):
            yield b"--XYZ\r\nContent-Disposition: form-data; name=files; filename=%d.jpg\r\n\r\n" % number
            yield from part
            yield b"\r\n"
        yield b"--XYZ--\r\n"

    answer = server.post("/upload_catalogue", data=body(), headers={"Content-Type": FORM}).json()
    return server.wait_for_job(answer["task_id"])


def test_an_upload_of_200_megabytes_leaves_memory_flat(serve):
    server = serve()
    assert upload(server, [[jpeg(1)]])["done"] == 1
    before = peak(server.process)
    job = upload(server, [[jpeg(2), *[bytes(MEGABYTE)] * 200], [jpeg(3)]])
    assert (job["done"], job["failed"]) == (1, 1), "a file of more than 50 MB is refused"
    assert peak(server.process) - before < 50 * MEGABYTE


def test_an_upload_of_many_files_leaves_memory_flat(serve):
    """Bytes after the end of a JPEG do not show."""
    server = serve()
    files = [[jpeg(100 + number), bytes(MEGABYTE)] for number in range(260)]
    assert upload(server, files[:60])["done"] == 60
    before = peak(server.process)
    assert upload(server, files[60:])["done"] == 200
    assert peak(server.process) - before < 50 * MEGABYTE


def peak_of_indexing(program: Program, folder: Path, expected: int) -> int:
    process = program.start("index", folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks = []

    def has_ended():
        if found := peak(process):
            peaks.append(found)
        return process.poll() is not None

    wait_for(has_ended, "the end of indexing")
    assert process.returncode == 0 and program.json("list", "--catalogue", "default")["total"] == expected
    return peaks[-1]


def test_indexing_three_times_as_many_files_takes_no_more_memory(binary, tmp_path):
    """A thousand are enough to fill every queue and pool."""
    content = encoded(picture(4, (64, 48)))
    peaks = []
    for count in [1000, 3000]:
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.jpg").write_bytes(content + number.to_bytes(4, "big"))
        peaks.append(peak_of_indexing(Program(binary, data=tmp_path / f"data {count}"), folder, count))
    assert peaks[1] - peaks[0] < 20 * MEGABYTE, peaks
