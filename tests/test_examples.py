"""Every example runs to its end and leaves the figure or report it promises."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize("script", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_script_runs_and_leaves_its_figure(script, tmp_path):
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    figure = tmp_path / f"{Path(script).stem}.png"
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("config", sorted(path.name for path in EXAMPLES.glob("*.toml")))
def test_config_runs_from_the_command_line(config, tmp_path):
    command = [sys.executable, "-W", "error", "-m", "wignerlohe", "run", str(EXAMPLES / config), "--output"]
    done = subprocess.run([*command, str(tmp_path / "run")], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "report.html").stat().st_size > 100_000
