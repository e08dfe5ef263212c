"""The demo catalogue out of small packages made here."""

import importlib.util
import json
import pathlib
import zipfile

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/make_demo.py"
spec = importlib.util.spec_from_file_location("make_demo", SCRIPT)
make_demo = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_demo)

PROPERTIES = (
    b"# comment\nlicense=X \xa9 Y\n"
    b"name#1=Caf\\u00e9 chair\ncategory#1=Kitchen\nicon#1=/some/chair.png\ncreator#1=Ann\ntags#1=Seat, Wood\n"
    b"name#10=Long \\\n   table\ncategory#10=Office\nicon#10=/some/table.png\n"
    b"name#2=Not there\nicon#2=/some/missing.png\n")


@pytest.fixture
def unpacked(tmp_path):
    furniture = tmp_path / "in" / make_demo.FURNITURE
    furniture.mkdir(parents=True)
    with zipfile.ZipFile(furniture / "Scopia.sh3f", "w") as archive:
        archive.writestr("PluginFurnitureCatalog.properties", PROPERTIES)
        archive.writestr("some/chair.png", b"chair")
        archive.writestr("some/table.png", b"table")
    stamps = tmp_path / "in" / make_demo.STAMPS
    for name, text in {
        "animals/birds/cartoon/tux": "A penguin.\nfr.utf8=Un pingouin.\n",
        "town/roadsigns/stop": "“Stop.”\n",
        "town/roadsigns/stop_mirror": "“Stop.”\n",
        "symbols/alphabets/english/a": "The letter A.\n",
        "food/bare": None,
    }.items():
        (stamps / name).parent.mkdir(parents=True, exist_ok=True)
        (stamps / f"{name}.png").write_bytes(name.encode())
        if text:
            (stamps / f"{name}.txt").write_text(text, encoding="utf-8")
    (stamps / "animals/cow.svg").write_text("<svg/>")
    return tmp_path / "in"


@pytest.fixture
def entries(unpacked, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    make_demo.main(unpacked, output)
    lines = (output / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    found = {entry["path"]: entry["metadata"] for entry in map(json.loads, lines)}
    assert all((output / path).is_file() for path in found)
    return found


def test_takes_furniture_that_is_there(entries):
    assert {path for path in entries if path.startswith("furniture/")} == {
        "furniture/scopia/chair.png", "furniture/scopia/table.png"}
    chair = entries["furniture/scopia/chair.png"]
    assert (chair["name"], chair["category"], chair["tags"]) == ("Café chair", "Kitchen", ["Seat", "Wood"])
    assert chair["attribution"] == "Ann (Scopia), Sweet Home 3D"
    assert chair["licence"] == "CC-BY-3.0"
    assert entries["furniture/scopia/table.png"]["name"] == "Long table"


def test_takes_stamps_but_no_letters_mirrors_or_drawings(entries):
    assert {path for path in entries if path.startswith("stamps/")} == {
        "stamps/animals/birds/cartoon/tux.png", "stamps/town/roadsigns/stop.png"}
    penguin = entries["stamps/animals/birds/cartoon/tux.png"]
    assert (penguin["name"], penguin["category"], penguin["topic"]) == ("Penguin", "Birds", "Animals")
    assert penguin["style"] == "cartoon"
    assert entries["stamps/town/roadsigns/stop.png"]["category"] == "Road signs"


def test_credits_everyone(entries, tmp_path):
    text = (tmp_path / "out" / "ATTRIBUTION.txt").read_text(encoding="utf-8")
    assert all(metadata["attribution"] in text for metadata in entries.values())


@pytest.mark.parametrize(
    ("description", "name"),
    [("An Adelaide Rosella.", "Adelaide Rosella"), ("A happy lion!", "Happy lion"), ("Three.", "Three"), ("", ""),
     ("Euro cent sign. 100 Euro cents make 1 Euro.", "Euro cent sign")])
def test_shortens_descriptions_to_names(description, name):
    assert make_demo.short_name(description) == name
