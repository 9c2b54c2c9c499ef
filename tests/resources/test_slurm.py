"""SLURM through `sinfo`: its texts, its JSON, and its ways to fail."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.resources import slurm
from signalbox.resources.finding import Finding, Look
from signalbox.resources.gres import free_gpus, parse_gres
from signalbox.resources.sinfo_json import parse_json
from signalbox.resources.sinfo_text import minutes, parse_text
from tests.resources.trees import write_program

DATA = Path(__file__).parent / "data"
REAL = Path(os.environ.get("SLURM_SAMPLES", "no samples"))
"""A folder of recorded answers of a SLURM REST server, of any release."""
REAL_NODES = sorted(path for path in REAL.glob("*-node*.json") if "job" not in path.name) if REAL.is_dir() else []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpu:a100:4(S:0-1),nvme:3500", {"a100": 4}),
        ("gpu:tesla_t4:1", {"tesla_t4": 1}),
        ("gpu:4", {"": 4}),
        ("gpu", {"": 1}),
        ("gpu:a100", {"a100": 1}),
        ("gpu:h100:0(IDX:N/A)", {"h100": 0}),
        ("gpu:a100:2(IDX:0,2-3),gpu:T4:1", {"a100": 2, "t4": 1}),
        ("gpu:a100:1,gpu:a100:2", {"a100": 3}),
        ("shard:8,mps:100", {}),
        ("(null)", {}),
        ("N/A", {}),
        ("", {}),
        (None, {}),
    ],
)
def test_gres_are_counted_by_type(text: str | None, expected: dict[str, int]) -> None:
    assert parse_gres(text) == expected


@given(st.text(alphabet="gpu:a1,()-x٣ \n", max_size=60))
def test_any_gres_text_gives_counts_that_are_not_negative(text: str) -> None:
    assert all(count >= 0 for count in parse_gres(text).values())


@pytest.mark.parametrize(
    ("total", "used", "left"),
    [
        ({"h100": 4}, {"h100": 1}, {"h100": 3}),
        ({"h100": 4}, {"": 3}, {"h100": 1}),
        ({"": 4}, {"": 1}, {"": 3}),
        ({"a": 1, "b": 2}, {"": 2}, {"a": 0, "b": 1}),
        ({"a": 1}, {"a": 5}, {"a": 0}),
    ],
)
def test_free_is_what_is_not_in_use(total: dict[str, int], used: dict[str, int], left: dict[str, int]) -> None:
    assert free_gpus(total, used) == left


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("1-12:00:00", 2160),
        ("3-00", 4320),
        ("2:00:00", 120),
        ("15:00", 15),
        ("30", 30),
        ("infinite", None),
        ("n/a", None),
        ("", None),
    ],
)
def test_time_limits_are_minutes(limit: str, expected: int | None) -> None:
    assert minutes(limit) == expected


def test_a_partition_on_several_lines_is_one() -> None:
    text = """interactive*|up|2:00:00|4|idle|144|500000|(null)|(null)
gpu|up|1-00:00:00|2|idle|144|500000+|gpu:a100:4(S:0-1),nvme:3500|amd
gpu|up|1-00:00:00|3|alloc|144|500000|gpu:a100:4(S:0-1)|amd
gpu|up|1-00:00:00|1|down*|144|500000|gpu:a100:4|amd
t4_ai|down|infinite|5|mix|8|24000|gpu:tesla_t4:1|(null)
a line of another kind"""

    interactive, gpu, t4 = parse_text(text)

    assert (interactive.name, interactive.up, interactive.gpus_total) == ("interactive", True, {})
    assert (gpu.gpus_total, gpu.gpus_free, gpu.time_limit_minutes) == ({"a100": 24}, {"a100": 8}, 1440)
    assert (t4.up, t4.gpus_total, t4.gpus_free, t4.time_limit_minutes) == (False, {"t4": 5}, None, None)


@pytest.mark.parametrize("state", ["idle~", "idle*", "drain", "resv", "maint", "IDLE?", "comp"])
def test_nodes_that_take_no_work_have_no_free_gpus(state: str) -> None:
    (partition,) = parse_text(f"gpu|up|infinite|2|{state}|8|24000|gpu:t4:1|(null)")

    assert (partition.gpus_total, partition.gpus_free) == ({"t4": 2}, {})


def test_a_planned_node_still_counts_as_free() -> None:
    (partition,) = parse_text("gpu|up|infinite|2|idle-|8|24000|gpu:t4:1|(null)")

    assert partition.gpus_free == {"t4": 2}


def test_json_rows_of_sinfo_become_partitions() -> None:
    partitions = parse_json((DATA / "sinfo.json").read_text())

    assert partitions is not None
    t4, long, cpu = partitions
    assert (t4.name, t4.up, t4.time_limit_minutes) == ("t4_ai", True, 1440)
    assert (t4.gpus_total, t4.gpus_free) == ({"t4": 5}, {"t4": 2})
    assert (long.gpus_total, long.gpus_free, long.time_limit_minutes) == ({"a100": 12}, None, None)
    assert (cpu.gpus_total, cpu.gpus_free) == ({}, {})


def test_json_lists_of_nodes_and_partitions_are_joined() -> None:
    partitions = parse_json((DATA / "slurm_nodes.json").read_text())

    assert partitions is not None
    gpu, everything, old = partitions
    assert (gpu.gpus_total, gpu.gpus_free) == ({"h100": 16}, {"h100": 7})
    assert (gpu.up, gpu.time_limit_minutes) == (True, 120)
    assert (everything.gpus_total, everything.gpus_free) == ({"h100": 8}, {"h100": 7})
    assert (everything.up, everything.time_limit_minutes) == (True, None)
    assert (old.up, old.gpus_total, old.gpus_free) == (False, {"unknown:gpu": 4}, {})


@pytest.mark.parametrize("text", ["", "sinfo: unrecognized option '--json'", "[1]", '{"a": 1}', "[" * 100_000])
def test_text_that_is_no_answer_of_slurm_is_left_to_the_other_reader(text: str) -> None:
    assert parse_json(text) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["partition", "name", "nodes", "total", "gres", "used", "node", "state", "maximums", "time"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["sinfo", "nodes", "partitions"]), JSON, max_size=3))
def test_json_of_any_shape_is_read_without_an_error(document: dict[str, object]) -> None:
    found = parse_json(json.dumps(document))

    assert found is None or all(partition.name for partition in found)


@pytest.mark.skipif(not REAL_NODES, reason="SLURM_SAMPLES names no folder of recorded answers of a SLURM REST server")
@pytest.mark.parametrize("path", REAL_NODES, ids=lambda path: str(path.name))
def test_recorded_answers_of_real_servers_agree_with_their_own_numbers(path: Path) -> None:
    document = json.loads(path.read_text())
    partitions = parse_json(path.read_text())

    assert partitions is not None
    assert {name for node in document["nodes"] for name in node["partitions"]} == {each.name for each in partitions}
    for partition in partitions:
        members = [node for node in document["nodes"] if partition.name in node["partitions"]]
        assert sum(partition.gpus_total.values()) == sum(sum(parse_gres(node["gres"]).values()) for node in members)
        assert partition.gpus_free is not None
        assert sum(partition.gpus_free.values()) <= sum(partition.gpus_total.values())


@pytest.mark.skipif(not REAL_NODES, reason="SLURM_SAMPLES names no folder of recorded answers of a SLURM REST server")
def test_a_recorded_mixed_node_has_the_gpus_free_that_are_not_in_use() -> None:
    (path,) = [path for path in REAL_NODES if path.name.endswith("model-mixed.json")]

    (partition,) = parse_json(path.read_text()) or ()

    assert (partition.gpus_total, partition.gpus_free) == ({"h100": 4}, {"h100": 3})


def probe_with(folder: Path, script: str, **environ: str) -> Finding:
    return slurm.probe(Look(environ=write_program(folder, "sinfo", script) | environ, timeout=1.0))


def test_sinfo_with_json_is_asked_once(tmp_path: Path) -> None:
    finding = probe_with(tmp_path, f'echo "$@" >> {tmp_path}/asked; cat {DATA}/sinfo.json', SLURM_JOB_ID="42")

    assert finding.state == "ok"
    assert finding.slurm is not None
    assert (finding.slurm.available, finding.slurm.job_id) == (True, "42")
    assert [partition.name for partition in finding.slurm.partitions] == ["t4_ai", "long", "cpu"]
    assert len((tmp_path / "asked").read_text().splitlines()) == 1


def test_an_old_sinfo_is_asked_for_text(tmp_path: Path) -> None:
    script = """case "$*" in *--json*) echo "sinfo: unrecognized option" >&2; exit 1 ;; esac
echo 't4_ai*|up|1-00:00:00|10|idle|8|24000|gpu:tesla_t4:1|(null)'"""

    finding = probe_with(tmp_path, script)

    assert finding.slurm is not None
    (partition,) = finding.slurm.partitions
    assert (partition.name, partition.gpus_free) == ("t4_ai", {"t4": 10})


def test_a_missing_sinfo_is_a_certain_no(tmp_path: Path) -> None:
    finding = slurm.probe(Look(environ={"PATH": str(tmp_path)}))

    assert finding.state == "absent"
    assert finding.slurm is not None
    assert finding.slurm.available is False


def test_a_missing_sinfo_inside_a_job_is_unknown(tmp_path: Path) -> None:
    finding = slurm.probe(Look(environ={"PATH": str(tmp_path), "SLURM_JOB_ID": "42"}))

    assert finding.state == "unknown"
    assert finding.slurm is not None
    assert finding.slurm.available is None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'slurm_load_partitions: Unable to contact slurm controller' >&2; exit 1", "Unable to contact"),
        ("sleep 30", "timed out"),
        ("trap '' TERM; sleep 30 & sleep 30", "timed out"),
        ("echo '<html>'", "unreadable"),
    ],
)
def test_a_sinfo_that_fails_is_unknown_and_says_why(tmp_path: Path, script: str, reason: str) -> None:
    finding = probe_with(tmp_path, script)

    assert finding.state == "unknown"
    assert reason in finding.reason
    assert finding.slurm is not None
    assert finding.slurm.available is None
