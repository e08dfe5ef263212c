"""The script that gets the demo, with small packages made here in place of Debian's, and real `dpkg-deb`."""

import hashlib
import json
import pathlib
import shutil
import subprocess
import zipfile

import pytest

from test_scripts import ROOT, run

FURNITURE, STAMPS = "sweethome3d-furniture", "tuxpaint-stamps-default"


def build_package(folder, name, files):
    """A Debian package of these files, as `dh_md5sums` and `dpkg-deb` make one."""
    tree = folder / name
    sums = ""
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
        sums += f"{hashlib.md5(content).hexdigest()}  {path}\n"
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 99\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: small\n")
    (tree / "DEBIAN/md5sums").write_text(sums)
    path = folder / f"{name}_99_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, path], check=True, capture_output=True)
    return path


@pytest.fixture
def packages(tmp_path):
    """What `apt-get download` finds."""
    folder = tmp_path / "archive"
    folder.mkdir()
    catalogue = folder / "Scopia.sh3f"
    with zipfile.ZipFile(catalogue, "w") as archive:
        archive.writestr(
            "PluginFurnitureCatalog.properties",
            "name#1=Chair\nicon#1=/a/chair.png\nname#2=Table\nicon#2=/a/table.png\n")
        archive.writestr("a/chair.png", bytes(range(256)) * 40)
        archive.writestr("a/table.png", bytes(range(256)) * 41)
    return {
        FURNITURE: build_package(
            folder, FURNITURE, {"usr/share/sweethome3d/furniture/Scopia.sh3f": catalogue.read_bytes()}),
        STAMPS: build_package(
            folder, STAMPS, {
                "usr/share/tuxpaint/stamps/food/pear.png": bytes(range(255)) * 50,
                "usr/share/tuxpaint/stamps/food/pear.txt": b"A pear.\n"}),
    }


@pytest.fixture
def project(tmp_path, packages):
    """A project of which only the scripts are there, and an `apt-get` that takes packages from the folder above."""
    scripts = tmp_path / "project/scripts"
    scripts.mkdir(parents=True)
    for name in ["common.sh", "get-demo.sh", "make_demo.py"]:
        shutil.copy(ROOT / "scripts" / name, scripts)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "apt-get").write_text(
        f'#!/bin/sh\nfor name; do :; done\necho "fetching $name"\necho "$name" >> "{tmp_path}/asked"\n'
        f'cp "{tmp_path}/archive/$name"_*.deb .\n')
    (programs / "apt-cache").write_text("#!/bin/sh\n")
    for program in programs.iterdir():
        program.chmod(0o755)

    def get_demo():
        return run(scripts / "get-demo.sh", path=programs, cwd=tmp_path)

    return get_demo, tmp_path / "project/.deps", tmp_path / "asked"


def cut(path):
    """Cuts the last tenth off. The head of the file, which `dpkg-deb --info` reads, stays as it is."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 9 // 10])
    assert subprocess.run(["dpkg-deb", "--info", path], capture_output=True).returncode == 0


def test_makes_the_demo_once(project):
    get_demo, deps, asked = project
    result = get_demo()
    assert result.returncode == 0, result.stderr
    assert "2 pictures of furniture, 1 stamps" in result.stdout
    paths = [json.loads(line)["path"] for line in (deps / "demo/metadata.jsonl").read_text().splitlines()]
    assert sorted(paths) == ["furniture/scopia/chair.png", "furniture/scopia/table.png", "stamps/food/pear.png"]
    announced = result.stdout.index("about 280 MB (DEMO=none leaves them out)")
    assert announced < result.stdout.index("fetching"), "said before anything is downloaded"
    again = get_demo().stdout
    assert "already" in again and "MB" not in again
    assert sorted(asked.read_text().split()) == [FURNITURE, STAMPS]


@pytest.mark.parametrize("name", [FURNITURE, STAMPS])
def test_downloads_a_cut_package_again(project, packages, name):
    get_demo, deps, asked = project
    (deps / "downloads").mkdir(parents=True)
    for package in packages.values():
        shutil.copy(package, deps / "downloads")
    cut(deps / "downloads" / packages[name].name)
    result = get_demo()
    assert result.returncode == 0, result.stderr
    assert f"{name}_99_all.deb is damaged or was cut short" in result.stdout
    assert asked.read_text().split() == [name]
    assert (deps / "demo/metadata.jsonl").exists()


@pytest.mark.parametrize("name", [FURNITURE, STAMPS])
def test_fails_when_a_package_arrives_cut(project, packages, name):
    get_demo, deps, _ = project
    cut(packages[name])
    result = get_demo()
    assert result.returncode != 0
    assert f"{name} arrived damaged or cut short" in result.stderr
    assert not (deps / "demo").exists()
    assert not (deps / "downloads" / packages[name].name).exists()


def test_accepts_debian_s_own_files_by_hash_only(project):
    """A file with the name of one that is known, and other bytes, however whole."""
    get_demo, deps, asked = project
    (deps / "downloads").mkdir(parents=True)
    known = deps / "downloads" / f"{FURNITURE}_1.8-1_all.deb"
    shutil.copy(deps.parents[1] / "archive" / f"{FURNITURE}_99_all.deb", known)
    result = get_demo()
    assert result.returncode == 0, result.stderr
    assert f"{known.name} is damaged" in result.stdout
    assert FURNITURE in asked.read_text().split()


def test_fails_when_a_package_holds_other_files_than_it_lists(project, tmp_path, packages):
    get_demo, deps, _ = project
    shutil.rmtree(tmp_path / "archive" / STAMPS)
    path = packages[STAMPS]
    path.unlink()
    build_package(tmp_path / "archive", STAMPS, {"usr/share/tuxpaint/stamps/food/pear.png": b"x" * 500})
    tree = tmp_path / "archive" / STAMPS
    (tree / "usr/share/tuxpaint/stamps/food/pear.png").write_bytes(b"y" * 500)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, path], check=True, capture_output=True)
    result = get_demo()
    assert result.returncode != 0
    assert "is not what it lists" in result.stderr
    assert not (deps / "demo").exists()
