"""Host memory and cores inside cgroups."""

from pathlib import Path

import pytest

from signalbox.resources import host
from signalbox.resources.finding import Look
from tests.resources.trees import GIB, meminfo, write_tree

V2, V1 = "sys/fs/cgroup", "sys/fs/cgroup/memory"
HOST = {"proc/meminfo": meminfo(64 * GIB, 60 * GIB)}


def v2(limit: object, used: int = 0, cache: int = 0) -> dict[str, object]:
    return {"memory.max": limit, "memory.current": used, "memory.stat": f"anon 1\ninactive_file {cache}"}


def v1(limit: object, used: int = 0, cache: int = 0) -> dict[str, object]:
    return {
        "memory.limit_in_bytes": limit,
        "memory.usage_in_bytes": used,
        "memory.stat": f"inactive_file 5\ntotal_inactive_file {cache}",
    }


def below(folder: str, files: dict[str, object]) -> dict[str, object]:
    return {f"{folder}/{name}": content for name, content in files.items()}


JOB = "system.slice/slurmstepd.scope/job_7"
CASES: dict[str, tuple[dict[str, object], tuple[int, int]]] = {
    "no cgroup": ({}, (64, 60)),
    "a SLURM step below its job's limit": (
        {"proc/self/cgroup": f"0::/{JOB}/step_0/user/task_0"}
        | below(f"{V2}/{JOB}", v2(24 * GIB, 10 * GIB, 4 * GIB))
        | below(f"{V2}/{JOB}/step_0", v2("max")),
        (24, 18),
    ),
    "version 1 without a limit": (
        {"proc/self/cgroup": "4:memory:/user.slice"} | below(f"{V1}/user.slice", v1(0x7FFFFFFFFFFFF000, GIB)),
        (64, 60),
    ),
    "version 1 with a limit, beside version 2": (
        {"proc/self/cgroup": "4:cpu,memory:/job\n0::/other"} | below(f"{V1}/job", v1(16 * GIB, 5 * GIB, 1 * GIB)),
        (16, 12),
    ),
    "a container that sees only its own root": (
        {"proc/self/cgroup": "0::/"} | below(V2, v2(8 * GIB, 1 * GIB)),
        (8, 7),
    ),
    "a limit above the host's memory": (
        {"proc/self/cgroup": "0::/"} | below(V2, v2(999 * GIB, 1 * GIB)),
        (64, 60),
    ),
    "a path that leaves the tree": (
        {"proc/self/cgroup": "0::/../../etc"} | below(V2, v2(8 * GIB, 1 * GIB)),
        (8, 7),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_memory_is_what_the_cgroups_leave(tmp_path: Path, case: str) -> None:
    files, (total, available) = CASES[case]

    found = host.memory(write_tree(tmp_path, HOST | files))

    assert found == (total * GIB, available * GIB)


def test_memory_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    assert host.memory(tmp_path) == (None, None)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"proc/self/cgroup": "0::/job", f"{V2}/job/cpu.max": "250000 100000"}, 3),
        ({"proc/self/cgroup": "0::/job", f"{V2}/job/cpu.max": "max 100000"}, 8),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/job",
                "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "200000",
                "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
            },
            2,
        ),
        ({"proc/self/cgroup": "3:cpu:/job", "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "-1"}, 8),
    ],
)
def test_cores_are_what_the_quota_leaves(tmp_path: Path, files: dict[str, object], expected: int) -> None:
    cpuinfo = "\n\n".join(f"processor : {core}\nmodel name : Some CPU" for core in range(8))

    found = host.cores(write_tree(tmp_path, {"proc/cpuinfo": cpuinfo} | files))

    assert found == expected


def test_this_machine_has_cores_and_memory() -> None:
    finding = host.probe(Look(environ={}))

    assert finding.host is not None
    assert finding.host.cores
    assert finding.host.memory_total


def test_the_chip_is_named(tmp_path: Path) -> None:
    write_tree(tmp_path, {"proc/cpuinfo": "processor : 0\nmodel name : AMD RYZEN AI MAX+ 395"})

    assert host.chip(tmp_path) == "AMD RYZEN AI MAX+ 395"
