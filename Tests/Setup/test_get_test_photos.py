"""The script that gets photographs for tests, with a small package made here in place of Debian's, and real `dpkg-deb`."""

import shutil

import pytest

from test_get_demo import build_package, cut
from test_scripts import ROOT, run

PACKAGE = "lomiri-wallpapers-16.04"


@pytest.fixture
def package(tmp_path):
    """What `apt-get download` finds."""
    (tmp_path / "archive").mkdir()
    return build_package(
        tmp_path / "archive", PACKAGE, {
            "usr/share/backgrounds/lake.jpg": bytes(range(256)) * 40,
            "usr/share/backgrounds/deeper/hill.jpg": bytes(range(256)) * 41,
            f"usr/share/doc/{PACKAGE}/copyright": b"Ann, CC-BY-4.0\n"})


@pytest.fixture
def get_photos(tmp_path, package):
    """The script in a project of its own, with an `apt-get` that takes the package from the folder above."""
    scripts, programs = tmp_path / "project/scripts", tmp_path / "programs"
    for folder in (scripts, programs):
        folder.mkdir(parents=True)
    for name in ["common.sh", "get-test-photos.sh"]:
        shutil.copy(ROOT / "scripts" / name, scripts)
    (programs / "apt-get").write_text(f'#!/bin/sh\necho "fetching $PWD"\ncp "{package}" .\n')
    (programs / "apt-cache").write_text("#!/bin/sh\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    return lambda: run(scripts / "get-test-photos.sh", path=programs, cwd=tmp_path)


def names(tmp_path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "project/.deps/photos").iterdir())


def test_gets_the_photographs_once(get_photos, tmp_path):
    result = get_photos()
    assert result.returncode == 0, result.stderr
    assert result.stdout.index("16 MB") < result.stdout.index("fetching"), "said before anything is downloaded"
    assert "2 photographs" in result.stdout
    assert names(tmp_path) == ["LICENCE.txt", "hill.jpg", "lake.jpg"]
    again = get_photos().stdout
    assert "already" in again and "fetching" not in again


def test_downloads_a_cut_package_again(get_photos, package, tmp_path):
    downloads = tmp_path / "project/.deps/downloads"
    downloads.mkdir(parents=True)
    shutil.copy(package, downloads)
    cut(downloads / package.name)
    result = get_photos()
    assert result.returncode == 0, result.stderr
    assert f"{package.name} is damaged or was cut short" in result.stdout
    assert names(tmp_path) == ["LICENCE.txt", "hill.jpg", "lake.jpg"]


def test_fails_when_the_package_arrives_cut(get_photos, package, tmp_path):
    cut(package)
    result = get_photos()
    assert result.returncode != 0
    assert "arrived damaged or cut short" in result.stderr
    assert not (tmp_path / "project/.deps/photos").exists()


def test_accepts_debian_s_own_file_by_hash_only(get_photos, package, tmp_path):
    downloads = tmp_path / "project/.deps/downloads"
    downloads.mkdir(parents=True)
    known = downloads / f"{PACKAGE}_20.04.0-2_all.deb"
    shutil.copy(package, known)
    result = get_photos()
    assert result.returncode == 0, result.stderr
    assert f"{known.name} is damaged" in result.stdout and "fetching" in result.stdout
