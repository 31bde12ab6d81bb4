"""Whatever is damaged in a run is noticed; what is whole can be kept."""

import json
import os
import random
import shutil

import numpy as np
import pytest
import zarr

import wignerlohe as wl
from commands import CONFIG, invoke
from wignerlohe.store.beside import changed
from wignerlohe.store.files import open_committed
from wignerlohe.store.manifest import fingerprint, seal, unseal
from wignerlohe.store.provenance import FORMAT


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run folder, of three segments."""
    folder = tmp_path_factory.mktemp("damage")
    config = CONFIG.replace("points = [65]", "points = [33]").replace("samples = 5", "samples = 150")
    (folder / "a.toml").write_text(config.replace("[[0, 0], [1, 2]]", "[[0, 0]]"))
    done = invoke("run", folder / "a.toml", "--output", folder / "out")
    assert done.exit_code == 0, done.output
    return folder / "out"


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / "out")


def numbers(folder):
    """Everything that a reader may see."""
    data = open_committed(folder)
    return {name: data[name].values for name in data.variables}, data.attrs


def agrees(folder, whole):
    """Whether a folder reads as a whole one does; False if it is refused by name."""
    try:
        found, attributes = numbers(folder)
    except wl.InvalidInputError:
        return False
    assert attributes == whole[1]
    assert found.keys() == whole[0].keys()
    for name, values in found.items():
        assert np.array_equal(values, whole[0][name]), name
    return True


def noticed(folder, path):
    """Whether damage of a file is refused, or, where no number is read, reported."""
    if "data.zarr" in path.parts and path.suffix != ".copy":
        with pytest.raises(wl.InvalidInputError):
            open_committed(folder)
        return True
    return any(path.name in fault for fault in changed(folder, FORMAT))


def damages(data):
    """A file cut, emptied, grown, and with bits flipped."""
    yield b""
    yield data[: len(data) // 2]
    yield data[:-1]
    yield data + b"\0"
    for place in (0, len(data) // 2, len(data) - 1):
        yield data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


def test_every_damage_of_every_file_is_noticed(run):
    whole = numbers(run)
    files = [path for path in run.rglob("*") if path.is_file()]
    assert len(files) > 70
    for path in files:
        data = path.read_bytes()
        for damaged in damages(data):
            path.write_bytes(damaged)
            assert noticed(run, path), path
        path.unlink()
        assert noticed(run, path), path
        path.write_bytes(data)
    assert agrees(run, whole)
    assert not changed(run, FORMAT)


def test_bits_flipped_anywhere_are_noticed(run):
    rng = random.Random(3)
    files = sorted(path for path in run.rglob("*") if path.is_file())
    sizes = [path.stat().st_size for path in files]
    for k in range(500):
        (path,) = rng.choices(files, sizes) if k % 2 else [rng.choice(files)]
        kept = path.read_bytes()
        data = bytearray(kept)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        assert noticed(run, path), path
        path.write_bytes(kept)


def test_no_number_is_read_beside_the_results(run):
    whole = numbers(run)
    for path in [path for path in run.rglob("*") if path.is_file() and "data.zarr" not in path.parts]:
        path.write_bytes(b"x")
    (run / "data.zarr" / "time" / "zarr.json.copy").unlink()
    assert agrees(run, whole)
    assert str(wl.load(run)) == invoke("show", run).stdout.rstrip("\n")


def test_every_place_of_the_file_that_says_what_counts_is_watched(run):
    whole, path, rng = numbers(run), run / "data.zarr" / "zarr.json", random.Random(4)
    kept = path.read_bytes()
    for _ in range(300):
        data = bytearray(kept)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        agrees(run, whole)


def test_the_message_says_what_is_damaged_and_what_is_whole(run):
    (run / "data.zarr" / "mobius_matrix" / "c.1.0.0").unlink()
    with pytest.raises(wl.DamagedError) as caught:
        wl.load(run)
    assert str(caught.value) == (
        "`path` must be whole, but mobius_matrix/c.1.0.0 is missing; whole are 100 output times and 2 times "
        "of Wigner functions; try salvage=True, or `wignerlohe show --salvage`"
    )


def test_times_with_their_states_are_salvaged_and_the_others_left_out(run):
    whole = wl.load(run)
    path = run / "data.zarr" / "mobius_matrix" / "c.1.0.0"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(UserWarning, match=r"c.1.0.0 has .* bytes instead of .*; the rest is left out"):
        kept = wl.load(run, salvage=True)
    places = [*range(50), *range(100, 150)]
    assert np.array_equal(kept.times, whole.times[places])
    assert np.array_equal(kept.deviation, whole.deviation[places])
    assert np.array_equal(kept.wavefunctions(kept.times[-1]), whole.wavefunctions(kept.times[-1]))


@pytest.mark.parametrize("file", ["deviation/c.0.0.0", "diameter/zarr.json", "wigner/c.1.0.0.0", "pair_i/c.0"])
def test_what_the_solution_is_not_made_of_costs_no_times(file, run):
    whole = wl.load(run)
    (run / "data.zarr" / file).unlink()
    with pytest.warns(UserWarning, match=f"{file} is missing"):
        kept = wl.load(run, salvage=True)
    assert np.array_equal(kept.deviation, whole.deviation)
    with pytest.warns(UserWarning, match="150 output times"):
        data = open_committed(run, salvage=True)
    name = file.split("/")[0]
    assert data.sizes["wigner_time"] == 1 if name == "wigner" else name not in data


@pytest.mark.parametrize("file", ["basis/c.0.0.0", "coordinates/zarr.json", "time/zarr.json"])
def test_what_nothing_can_be_made_without_is_still_refused(file, run):
    (run / "data.zarr" / file).write_bytes(b"x")
    with pytest.raises(wl.DamagedError, match=f"{file} .*; try a copy"):
        wl.load(run, salvage=True)


def test_a_model_is_never_made_without_a_part_of_it(tmp_path):
    grid = wl.Grid(-8.0, 8.0, 64)
    psi, network = wl.states.gaussian(grid, [-1.0, 0.5, 0.9]), [[0, 1, 2], [1, 0, 0], [0, 3, 0]]
    model = wl.SchrodingerLohe(grid, coupling=1.0, detuning=[0.1, 0.0, -0.3], network=network)
    wl.solve(model, psi, [0.0, 1.0]).save(tmp_path / "whole")
    for name in ("detuning", "network", "norm", "potential"):
        shutil.copytree(tmp_path / "whole", tmp_path / name)
        shutil.rmtree(tmp_path / name / name)
        with pytest.raises(wl.DamagedError, match=f"without {name}"):
            wl.load(tmp_path / name, salvage=True)


@pytest.mark.parametrize("damage", [b"x", None])
def test_the_file_that_says_what_counts_has_a_copy(damage, run):
    whole, path = wl.load(run), run / "data.zarr" / "zarr.json"
    path.unlink()
    if damage:
        path.write_bytes(damage)
    with pytest.raises(wl.InvalidInputError):
        wl.load(run)
    with pytest.warns(UserWarning, match="its copy is taken"):
        kept = wl.load(run, salvage=True)
    assert np.array_equal(kept.deviation, whole.deviation)
    (run / "data.zarr" / "time" / "zarr.json.copy").write_bytes(b"y")
    with pytest.raises(wl.InvalidInputError):
        wl.load(run, salvage=True)


def test_show_salvages_too(run):
    (run / "data.zarr" / "diameter" / "c.0").unlink()
    done = invoke("show", run)
    assert done.exit_code == 2
    assert done.stderr.startswith("`path` must be whole, but diameter/c.0 is missing")
    done = invoke("show", run, "--salvage")
    assert done.exit_code == 0
    assert "diameter/c.0 is missing" in done.stderr
    assert "WignerLohe, 3 nodes" in done.stdout


def test_files_that_were_put_in_are_not_seen(run):
    whole = numbers(run)
    shutil.copytree(run / "data.zarr" / "diameter", run / "data.zarr" / "planted")
    (run / "data.zarr" / "diameter" / "c.3").write_bytes(b"planted")
    (run / "data.zarr" / "note.txt").write_text("planted")
    assert agrees(run, whole)


def test_chunks_carry_checksums_of_their_own(run):
    path = run / "data.zarr" / "diameter" / "c.1"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(Exception, match=r"(?i)checksum"):
        zarr.open_group(run / "data.zarr", mode="r")["diameter"][:]


def test_another_format_or_version_of_it_is_named(run):
    attributes, files = unseal((run / "data.zarr" / "zarr.json").read_bytes())
    attributes["format_version"] = 99
    (run / "data.zarr" / "zarr.json").write_bytes(seal(attributes, files))
    with pytest.raises(wl.InvalidInputError, match="must have format version 3, but it has 99"):
        wl.load(run)
    attributes["format"] = "other"
    (run / "data.zarr" / "zarr.json").write_bytes(seal(attributes, files))
    with pytest.raises(wl.InvalidInputError, match="does not say so"):
        wl.load(run)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("manifest", json.dumps({"../../secret": [0, ""]})),
        ("manifest", json.dumps({"time/c.0": "x"})),
        ("manifest", "[" * 100_000),
        ("committed_times", "many"),
    ],
)
def test_a_right_checksum_does_not_make_a_store(name, value, run, monkeypatch):
    path = run / "data.zarr" / "zarr.json"
    attributes, files = unseal(path.read_bytes())
    if name == "manifest":
        monkeypatch.setattr(
            "wignerlohe.store.manifest.json.dumps",
            lambda found, plain=json.dumps, **options: value if found == files else plain(found, **options),
        )
    path.write_bytes(seal(attributes | {name: value}, files))
    monkeypatch.undo()
    with pytest.raises(wl.DamagedError, match="must be a store of this package"):
        wl.load(run)


def test_the_manifest_is_json_text_that_tells_sizes(run):
    attributes = json.loads((run / "data.zarr" / "zarr.json").read_text())["attributes"]
    files = json.loads(attributes["manifest"])
    found = {str(path.relative_to(run / "data.zarr")) for path in (run / "data.zarr").rglob("*") if path.is_file()}
    assert files.keys() | {"zarr.json", "time/zarr.json.copy"} == found
    assert all((run / "data.zarr" / name).stat().st_size == size for name, (size, _) in files.items())


@pytest.mark.parametrize("made_of", ["a folder", "three gigabytes"])
def test_what_says_what_counts_is_salvaged_whatever_it_became(run, made_of):
    root = run / "data.zarr" / "zarr.json"
    whole = wl.load(run)
    if made_of == "a folder":
        root.unlink()
        root.mkdir()
    else:
        os.truncate(root, 3 * 2**30)
    with pytest.raises(wl.InvalidInputError):
        wl.load(run)
    with pytest.warns(UserWarning, match="its copy is taken"):
        assert np.array_equal(wl.load(run, salvage=True).deviation, whole.deviation)


def test_a_store_that_says_to_be_far_larger_than_it_is_is_refused_before_it_is_read(run):
    store, many = run / "data.zarr", 3 * 10**8
    attributes, files = unseal((store / "zarr.json").read_bytes())
    for head in store.glob("*/zarr.json"):
        found = json.loads(head.read_bytes())
        if found["dimension_names"][:1] == ["time"]:
            found["shape"][0] = found["chunk_grid"]["configuration"]["chunk_shape"][0] = many
            head.write_text(json.dumps(found))
            files = {name: entry for name, entry in files.items() if not name.startswith(f"{head.parent.name}/c")}
            files[f"{head.parent.name}/zarr.json"] = fingerprint(head.read_bytes())
    (store / "zarr.json").write_bytes(seal(attributes | {"committed_times": many}, files))
    with pytest.raises(wl.DamagedError, match="lacks 900000000 of 900000000 numbers"):
        wl.load(run)
