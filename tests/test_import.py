"""What an import loads, and that every exported name exists."""

import subprocess
import sys

import pytest

import wignerlohe


def loaded_by(statement):
    """Top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}; import sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


def test_importing_the_package_loads_no_library():
    heavy = {"numpy", "scipy", "xarray", "matplotlib", "zarr", "typer", "numba", "pydantic", "rich", "jinja2", "pandas"}
    assert not heavy & loaded_by("import wignerlohe")


def test_solving_needs_no_plotting_storage_or_command_line():
    loaded = loaded_by("import wignerlohe.solver")
    assert {"numpy", "scipy"} <= loaded
    assert not {"matplotlib", "zarr", "typer", "numba", "xarray", "rich", "pydantic", "jinja2"} & loaded


@pytest.mark.parametrize("name", wignerlohe.__all__)
def test_every_exported_name_exists(name):
    assert getattr(wignerlohe, name) is not None
    assert name in dir(wignerlohe)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'wignerlohe' has no attribute 'solver_of_everything'"):
        _ = wignerlohe.solver_of_everything


def test_errors_are_also_the_builtin_ones_that_people_catch():
    assert issubclass(wignerlohe.InvalidInputError, ValueError)
    assert issubclass(wignerlohe.TooLargeError, MemoryError)
    assert issubclass(wignerlohe.SolverError, RuntimeError)
    assert issubclass(wignerlohe.UnresolvedWarning, UserWarning)
    for error in (wignerlohe.InvalidInputError, wignerlohe.TooLargeError, wignerlohe.SolverError):
        assert issubclass(error, wignerlohe.WignerLoheError)
