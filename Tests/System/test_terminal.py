"""What a person sees while `index` works: a line of progress on a terminal, and nothing where there is none."""

import os
import pty
import re
import threading

import pytest

from program import PATIENCE, Program

#: "120 of 240 · 85.3 a second · 00:01 left"
PROGRESS = re.compile(r"(\d+) of 240 · \d+\.\d a second · (?:\d+:)?\d\d:\d\d left")


def run_in_terminal(program, *arguments, **options):
    """Runs a command whose standard error is a terminal; returns its exit code, its output, and what it drew."""
    mine, theirs = pty.openpty()
    process = program.start(*arguments, stderr=theirs, **options)
    os.close(theirs)
    drawn = []

    def read():
        while True:
            try:
                data = os.read(mine, 65536)
            except OSError:
                return  # Linux says EIO when the last process has let go of the terminal.
            if not data:
                return
            drawn.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        out, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        reader.join()
        os.close(mine)
    return process.returncode, out.decode(), b"".join(drawn).decode()


def test_index_draws_its_progress_on_a_terminal(program, many_pictures):
    code, out, drawn = run_in_terminal(program, "index", many_pictures)
    assert code == 0
    lines = [PROGRESS.search(line) for line in drawn.split("\r")]
    counts = [int(line[1]) for line in lines if line]
    assert counts and counts == sorted(counts) and counts[-1] < 240, drawn
    assert "\n" not in drawn, "one line, drawn over and over"
    assert drawn.endswith("\r\x1b[K"), "the line is gone at the end"
    assert out == "240 indexed, 0 skipped, 0 failed · catalogue 'default'\n"


def test_no_color_keeps_the_terminal_plain(binary, few_pictures, tmp_path):
    program = Program(binary, data=tmp_path / "data", NO_COLOR="1")
    code, out, drawn = run_in_terminal(program, "index", few_pictures)
    assert (code, drawn) == (0, "")
    assert out.startswith("12 indexed")


def test_json_keeps_the_terminal_plain(program, few_pictures):
    code, out, drawn = run_in_terminal(program, "index", few_pictures, "--json")
    assert (code, drawn) == (0, "")
    assert out.startswith("{") and out.endswith("}\n") and out.count("\n") == 1


@pytest.mark.parametrize("arguments", [["models", "list"], ["list"], ["doctor"]])
def test_answers_have_no_colours_where_there_is_no_terminal(indexed, arguments):
    result = indexed.run(*arguments)
    assert result.out and "\x1b" not in result.out + result.err
