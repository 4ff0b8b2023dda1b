"""The files that stages are told in reach whoever installs the package."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from fine_tune.stage import STAGES

ROOT = Path(__file__).parents[1]
TOLD = sorted(path.relative_to(ROOT).as_posix() for folder in (STAGES, STAGES.parent / "accelerate") for path in folder.iterdir())


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="is no checkout")
def test_no_file_of_settings_is_ignored_and_so_left_out_of_the_wheel():
    assert len(TOLD) >= 7
    told = subprocess.run(["git", "check-ignore", *TOLD], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (1, "")
    assert 'packages = ["docai", "fine_tune"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_wheel_holds_the_files_of_settings(tmp_path):
    (made,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    assert set(TOLD) <= set(zipfile.ZipFile(made).namelist())
