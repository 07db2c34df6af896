"""The two images: pinned, without root, without what they do not need."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.containers.compose_file import DOCKER, ROOT, ours
from tests.containers.dockerfile import DOCKERFILES, copied_from_context, instructions, stages

FETCHED_AND_RUN = re.compile(r"(curl|wget)[^|&;]*\|\s*(ba|da|z)?sh")
SECRET_NAMES = re.compile(r"PASSWORD|SECRET|TOKEN|API_KEY")

each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)


def test_there_is_one_image_without_torch_and_one_with_it() -> None:
    assert [path.name for path in DOCKERFILES] == ["control-plane.Dockerfile", "worker.Dockerfile"]
    extras = {path.stem: "--extra engine" in path.read_text() for path in DOCKERFILES}
    assert extras == {"control-plane": False, "worker": True}


def test_no_python_lies_in_the_docker_folder() -> None:
    assert not list(DOCKER.rglob("*.py"))


def test_only_worker_and_screener_run_the_image_with_torch() -> None:
    with_torch = {
        name for name, one in ours().items() if "worker." in str(one["build"]["dockerfile"])
    }
    assert with_torch == {"worker", "worker-gpu", "screener"}


@each_dockerfile
def test_base_images_are_pinned_to_an_exact_version(path: Path) -> None:
    bases = [one.arguments.split()[0] for one in instructions(path) if one.name == "FROM"]
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"python:3\.11\.\d+(-slim)?-bookworm", base)
    # Compiled in one, run in the other: the C libraries have to be the same.
    assert len({base.replace("-slim", "") for base in bases}) == 1
    assert "-slim" in bases[-1]


@each_dockerfile
def test_what_is_installed_is_held_by_the_constraints(path: Path) -> None:
    runs = [one.arguments for one in instructions(path) if one.name == "RUN"]
    installs = [part for run in runs for part in run.split("&&") if re.search(r"pip install", part)]
    assert installs
    for install in installs:
        assert re.search(r"--(build-)?constraints? constraints\.txt", install)
    for run in runs:
        assert not FETCHED_AND_RUN.search(run)
        assert "apt-get" not in run
        assert "latest" not in run


@each_dockerfile
def test_the_last_stage_ends_as_a_user_who_is_not_root(path: Path) -> None:
    final = stages(path)[-1]
    names = [one.name for one in final]
    assert names.count("USER") == 1
    user = final[names.index("USER")].arguments
    assert re.fullmatch(r"10001:10001", user)
    # What the image holds belongs to root: the processes may read it and no more.
    assert not [name for name in names[names.index("USER") :] if name in ("COPY", "ADD", "RUN")]
    assert all("--chown" not in one.arguments for one in final)
    assert {one["user"] for one in ours().values()} == {user}


@each_dockerfile
def test_nothing_is_added_from_elsewhere_and_no_secret_is_built_in(path: Path) -> None:
    for one in instructions(path):
        assert one.name != "ADD"
        if one.name in ("ARG", "ENV"):
            assert not SECRET_NAMES.search(one.arguments)


@each_dockerfile
def test_dependencies_are_installed_before_the_source_is_copied(path: Path) -> None:
    build = stages(path)[0]
    first_install = next(n for n, one in enumerate(build) if "--requirements" in one.arguments)
    before = {
        source
        for one in build[:first_install]
        if one.name == "COPY"
        for source in one.arguments.split()[:-1]
    }
    assert before == {"constraints.txt", "pyproject.toml"}


@each_dockerfile
def test_what_is_copied_exists_and_reaches_the_builder(path: Path) -> None:
    admitted = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    for source in copied_from_context(path):
        assert (ROOT / source).exists()
        assert source in admitted


def test_nothing_reaches_the_builder_that_no_image_holds() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    admitted = {line[1:] for line in lines if line[:1] == "!"}
    assert admitted == {source for path in DOCKERFILES for source in copied_from_context(path)}


@pytest.mark.parametrize("script", sorted(DOCKER.rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_executable_and_every_posix_shell_reads_them(script: Path) -> None:
    assert script.stat().st_mode & 0o111 == 0o111
    assert script.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(script)], check=True)
