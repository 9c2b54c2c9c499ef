"""Compose files, Prometheus configuration and SLURM scripts are what they claim, as far as that shows without an engine."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

COMPOSE = Path(__file__).parents[2] / "compose"
PLAIN_IMAGES = {"redis:7", "postgres:16", "prom/prometheus", "signalbox"}


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((COMPOSE / name).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", sorted(COMPOSE.glob("docker-compose*.yml")), ids=lambda path: path.name)
def test_every_reference_within_a_compose_file_is_defined(path: Path) -> None:
    found = load(path.name)

    for name, service in found["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            named = re.fullmatch(r"[a-z_]+", source)
            assert not named or source in found["volumes"], f"{name}: volume {source}"
        assert set(service.get("networks", [])) <= set(found.get("networks", {}))
        assert set(service.get("secrets", [])) <= set(found.get("secrets", {}))
        assert set(service.get("depends_on", [])) <= set(found["services"])
        assert service.get("image", "signalbox") in PLAIN_IMAGES or service["image"].startswith("${")


def test_the_full_set_extends_a_service_that_exists_and_mounts_its_volumes() -> None:
    alone, full = load("docker-compose.yml"), load("docker-compose.full.yml")

    extended = full["services"]["signalbox"]["extends"]

    assert extended == {"file": "docker-compose.yml", "service": "signalbox"}
    assert set(alone["volumes"]) <= set(full["volumes"])


def test_nothing_is_published_beyond_this_machine_unless_asked() -> None:
    for name in ("docker-compose.yml", "docker-compose.full.yml"):
        for service in load(name)["services"].values():
            for port in service.get("ports", []):
                assert port.startswith(("127.0.0.1:", "${SIGNALBOX_BIND:-127.0.0.1}:"))


def test_mounted_files_and_build_inputs_exist() -> None:
    build = load("docker-compose.yml")["services"]["signalbox"]["build"]
    copied = re.findall(r"^COPY (.+) \S+$", (COMPOSE / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert (COMPOSE / build["context"] / build["dockerfile"]).is_file()
    assert all((COMPOSE.parent / name).exists() for line in copied for name in line.split())
    assert (COMPOSE / "prometheus/prometheus.yml").is_file()


def test_prometheus_scrapes_the_proxy_with_the_key_that_compose_mounts() -> None:
    (job,) = load("prometheus/prometheus.yml")["scrape_configs"]
    full = load("docker-compose.full.yml")

    secret = Path(job["authorization"]["credentials_file"])

    assert secret.parent == Path("/run/secrets")
    assert secret.name in full["services"]["prometheus"]["secrets"]
    assert job["static_configs"][0]["targets"] == ["signalbox:4000"]
    assert job["metrics_path"] == "/signalbox/metrics"


def test_strix_halo_takes_devices_and_groups_by_number() -> None:
    server = load("docker-compose.strix-halo.yml")["services"]["llamacpp"]

    assert server["devices"] == ["/dev/kfd", "/dev/dri"]
    assert all(re.match(r"\$\{\w+_GID:\?", group) for group in server["group_add"])


@pytest.mark.parametrize("path", sorted((COMPOSE / "slurm").iterdir()), ids=lambda path: path.name)
def test_bash_can_parse_every_slurm_script(path: Path) -> None:
    found = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)

    assert (found.returncode, found.stderr) == (0, "")
