import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.compiler.locality import is_hosted_elsewhere, is_local_url, is_loopback_url

INSIDE = [
    "http://127.0.0.1:8000",
    "http://127.8.9.1:8000/v1",
    "http://localhost:11434",
    "http://0.0.0.0:8000",
    "http://[::1]:8000/v1",
    "http://[::ffff:127.0.0.1]:8000",
    "http://[::ffff:192.168.1.4]:8000",
    "http://10.1.2.3",
    "http://172.16.0.1:1",
    "http://172.31.255.254",
    "http://192.168.178.20:8000",
    "http://[fd12:3456::1]:8000",
    "http://t4-node-02:8002/v1",
    "http://vllm",
    "http://3090box:8000",
    "https://gpu.clinic.lan",
    "http://studio.local:1234",
    "http://a.b.internal",
    "http://a.home.arpa",
    "http://a.localdomain",
    "redis://:secret@redis:6379/0",
    "postgresql://user:secret@db:5432/litellm",
]
OUTSIDE = [
    "https://api.openai.com/v1",
    "http://8.8.8.8:8000",
    "http://172.15.0.1",
    "http://172.32.0.1",
    "http://192.169.0.1",
    "http://100.64.0.1",
    "http://169.254.169.254/latest/meta-data",
    "http://169.254.1.1:8000",
    "http://[fe80::1]:8000",
    "http://[fe80::1%25eth0]:8000",
    "http://metadata.google.internal",
    "http://metadata",
    "http://[fd00:ec2::254]",
    "http://[2001:4860:4860::8888]",
    "http://[::ffff:8.8.8.8]",
    "http://[::ffff:169.254.169.254]",
    "http://[64:ff9b::808:808]",
    "http://[::8.8.8.8]",
    "http://[2002:808:808::1]",
    "http://localhost@evil.example",
    "http://evil.example@127.0.0.1",
    "http://127.0.0.1:80@evil.example/",
    "http://127.0.0.1#@evil.example:80@x",
    "http://127.0.0.1\\@evil.example",
    "http://evil.example\\.local",
    "redis://a@b@localhost",
    "http://2130706433",
    "http://134744072",
    "http://0x7f000001",
    "http://0x7f.0.0.1",
    "http://0177.0.0.1",
    "http://127.1",
    "http://010.0.0.1",
    "http://10.0.0.1.",
    "http://127.0.0.1.evil.example",
    "http://10.0.0.1.nip.io",
    "http://local.evil.example",
    "http://evil.example?.local",
    "http://evil.example/.local",
    "http://evillocal.example",
    "http://.local",
    "http://ai.",
    "http://localhost.",
    "http://ｌocalhost",
    "http://①②⑦.0.0.1",
    "http://%6cocalhost",
    "http://local host",
    "http://localhost\n.evil.example",
    "http://localhost:0",
    "http://localhost:99999",
    "http://localhost:80:80",
    "http://[::1",
    "http://",
    "http:///v1",
    "//localhost",
    "localhost:8000",
    "os.environ/API_BASE",
    "",
]


@pytest.mark.parametrize("url", INSIDE)
def test_an_address_of_the_building_is_local(url: str) -> None:
    assert is_local_url(url)


@pytest.mark.parametrize("url", OUTSIDE)
def test_an_address_that_may_lie_outside_is_not_local(url: str) -> None:
    assert not is_local_url(url)


@pytest.mark.parametrize("url", ["http://gpu.uni.example:8000", "https://GPU.uni.example"])
def test_a_trusted_host_is_local_by_its_full_name(url: str) -> None:
    assert is_local_url(url, ("gpu.uni.Example",))
    assert not is_local_url(url.replace("//", "//x."), ("gpu.uni.example",))


def test_a_public_address_can_be_trusted_and_cloud_metadata_cannot() -> None:
    assert is_local_url("http://203.0.113.5:8000", ("203.0.113.5",))
    assert not is_local_url("http://169.254.169.254", ("169.254.169.254",))


@given(st.ip_addresses(v=4), st.integers(1, 65535))
def test_every_ipv4_address_outside_the_private_networks_is_not_local(address: object, port: int) -> None:
    text = str(address)
    private = text.startswith(("10.", "127.", "192.168.")) or text == "0.0.0.0"
    private = private or (text.startswith("172.") and 16 <= int(text.split(".")[1]) <= 31)

    assert is_local_url(f"http://{text}:{port}") == private
    assert is_local_url(f"http://[::ffff:{text}]:{port}") == private


@given(st.text(max_size=40).filter(lambda text: not set(text) & set("/?#")))
def test_any_text_gets_an_answer_and_a_dotted_public_name_is_never_local(text: str) -> None:
    assert is_local_url(text) in {True, False}
    assert not is_local_url(f"http://{text}.example")
    assert not is_local_url(f"http://{text}.com/v1")


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.2", "http://[::1]:1", "http://0.0.0.0:1/v1"])
def test_loopback_is_this_machine(url: str) -> None:
    assert is_loopback_url(url)


@pytest.mark.parametrize("url", ["http://node-1", "http://10.0.0.1", "http://localhost@node", "http://[::1", ""])
def test_anything_else_is_not_this_machine(url: str) -> None:
    assert not is_loopback_url(url)


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "glm-4.6:cloud", "x-cloud", "a:1b-cloud:latest", "A:1B-CLOUD"])
def test_an_ollama_cloud_id_runs_elsewhere(model: str) -> None:
    assert is_hosted_elsewhere(model)


@pytest.mark.parametrize("model", ["llama3.2:3b", "cloudy:7b", "org/cloud-model", "my-cloud-7b"])
def test_an_id_with_cloud_in_its_name_only_runs_here(model: str) -> None:
    assert not is_hosted_elsewhere(model)
