"""The deployment as docker-compose and Mosquitto themselves read it."""

import json
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.capture.settings import CaptureSettings
from gateway.notify.settings import NotifySettings
from gateway.settings import Settings as GatewaySettings
from resolver import settings as resolver_settings
from schemas import topics
from schemas.settings import documentation
from scripts.commands import secrets
from scripts.environment import ROOT
from scripts.system.embedded.mosquitto import available
from scripts.system.embedded.port import answers, free_port
from tests.support.waiting import wait_for

COMPOSE = shutil.which("docker-compose")
BASE_URL = {"SUYUAN_BASE_URL": "https://id.example.com"}
SERVICES = {"store", "broker", "migrate", "gateway", "assessor", "notifier", "resolver"}

composed = pytest.mark.skipif(
    COMPOSE is None,
    reason="docker-compose is not installed (Debian: docker-compose): docker-compose.yml was NOT checked",
)


def config(*files, environment=BASE_URL):
    command = [COMPOSE, *[part for file in files for part in ("-f", str(file))], "config"]
    return subprocess.run(
        command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, check=False
    )


def resolved(*files):
    """The whole configuration with everything filled in. Debian's docker-compose writes YAML, newer ones JSON too."""
    done = config(*files)
    assert done.returncode == 0, done.stderr
    reader = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    python = Path(COMPOSE).read_bytes().partition(b"\n")[0].removeprefix(b"#!").decode(errors="replace").split()
    if not python or "python" not in python[0]:
        done = subprocess.run([*done.args, "--format", "json"], cwd=ROOT, env=BASE_URL, capture_output=True, check=True)
        return json.loads(done.stdout)
    done = subprocess.run([python[0], "-c", reader], input=done.stdout, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def whole():
    return resolved(ROOT / "docker-compose.yml")


@composed
def test_docker_compose_accepts_the_deployment_with_and_without_tls(whole):
    assert set(whole["services"]) == SERVICES
    assert {service.get("pids_limit") for service in whole["services"].values()} == {512}
    opened = resolved(ROOT / "docker-compose.yml", ROOT / "deploy" / "compose.tls.yml")
    assert set(opened["services"]) == SERVICES
    mounts = [mount for mount in opened["services"]["broker"]["volumes"] if "listeners" in str(mount)]
    assert len(mounts) == 1, "the listeners' folder is replaced, not mounted into"


@composed
def test_docker_compose_accepts_each_addition_and_none_opens_more_than_it_says(whole):
    def with_addition(name):
        return resolved(ROOT / "docker-compose.yml", ROOT / "deploy" / f"compose.{name}.yml")["services"]

    capture = with_addition("capture")
    assert set(capture) == SERVICES | {"capture"}
    assert "127.0.0.1" in str(capture["capture"]["ports"])
    assert "broker" not in capture["capture"]["networks"]
    settings = {name for name, _, _ in documentation(CaptureSettings)}
    assert {name.removesuffix("_FILE") for name in capture["capture"]["environment"]} <= settings | {
        "SUYUAN_DATABASE_URL",
        "SUYUAN_SEAL_ROOT",
    }
    proxied = with_addition("proxy")
    assert set(proxied) == SERVICES | {"proxy"}
    assert set(proxied["proxy"]["networks"]) == {"edge"}
    conf = (ROOT / "deploy" / "proxy" / "suyuan.conf").read_text()
    assert set(re.findall(r"/run/secrets/([\w-]+)", conf)) == {_name(each) for each in proxied["proxy"]["secrets"]}
    backup = with_addition("backup")
    assert set(backup) == SERVICES | {"archive"}
    assert "archive_mode=on" in backup["store"]["command"]
    assert not backup["store"].get("ports")
    mutual = with_addition("mtls")["broker"]
    assert len([mount for mount in mutual["volumes"] if "listeners" in str(mount)]) == 1
    named = {_name(each) for each in mutual["secrets"]}
    conf = (ROOT / "deploy" / "mtls" / "listener.conf").read_text()
    assert "require_certificate true" in conf
    assert set(re.findall(r"/run/secrets/([\w-]+)", conf)) <= named


@composed
def test_without_a_base_url_it_says_what_to_set():
    done = config(ROOT / "docker-compose.yml", environment={})
    assert done.returncode != 0
    assert "SUYUAN_BASE_URL" in done.stderr
    assert "such as https://id.example.com" in done.stderr


@composed
@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_bounded_checked_and_hardened(whole, name):
    service = whole["services"][name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["healthcheck"].get("test") or name == "migrate", "migrate ends; all others are asked"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    if "build" not in service:
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "not root"
        assert re.search(r":\d+\.\d+\.\d+", service["image"]), "a version, not a moving tag"


@composed
def test_secrets_come_from_files_and_nothing_has_a_default_password(whole):
    for name, secret in whole["secrets"].items():
        assert Path(secret["file"]) == ROOT / "var" / "secrets" / name
    for service in whole["services"].values():
        for name, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|SECRET|PEPPER|SEAL_ROOT|DATABASE_URL", name):
                assert name.endswith("_FILE")
                assert value.startswith("/run/secrets/")
                assert Path(value).name in {_name(each) for each in service["secrets"]}


def _name(secret):
    return secret if isinstance(secret, str) else secret["source"]


@composed
def test_the_secrets_that_it_wants_are_the_ones_that_the_script_makes(whole, tmp_path):
    assert set(whole["secrets"]) == set(secrets.make(tmp_path))


@composed
def test_only_the_resolver_is_published_and_only_to_this_machine(whole):
    published = {name: service["ports"] for name, service in whole["services"].items() if service.get("ports")}
    assert set(published) == {"resolver"}
    assert "127.0.0.1" in str(published["resolver"])
    assert [name for name, network in whole["networks"].items() if not (network or {}).get("internal")] == ["edge"]
    for name, service in whole["services"].items():
        assert ("edge" in service["networks"]) == (name in {"resolver", "notifier"}), "who answers, and who tells"
    assert "broker" not in whole["services"]["resolver"]["networks"]


@composed
def test_it_sets_only_settings_that_exist(whole):
    kinds = (GatewaySettings, NotifySettings, resolver_settings.Settings)
    known = {name for kind in kinds for name, _, _ in documentation(kind)}
    known |= {f"{name}_FILE" for name in known}
    known |= {"SUYUAN_OWNER_DATABASE_URL_FILE", "SUYUAN_STORE_PROFILE"}
    known |= {"SUYUAN_" + role + "_PASSWORD_FILE" for role in ("GATEWAY", "NOTIFIER", "RESOLVER", "PUBLIC")}
    for service in whole["services"].values():
        mine = {name for name in service.get("environment") or {} if name.startswith("SUYUAN_")}
        assert mine <= known


@composed
def test_the_services_have_the_commands_that_the_images_have(whole):
    targets = set(re.findall(r"^FROM \S+ AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert {service["build"]["target"] for service in whole["services"].values() if "build" in service} <= targets


def test_the_images_hold_locked_packages_run_as_nobody_and_only_get_what_is_listed():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in dockerfile
    last_user = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    assert last_user == ["10001:10001"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        for path in source.split():
            assert (ROOT / path).exists(), path
            assert f"!{path.rstrip('/')}" in ignored, path


class Broker:
    """The real Mosquitto with the deployment's own configuration, moved into a folder of the test."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        secrets.make(folder / "secrets", ("huadu/line-1", "huadu/line-2"))
        text = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text()
        run, data, listeners = folder / "run", folder / "data", folder / "listeners"
        for place in (run, data, listeners):
            place.mkdir()
        (run / "passwords").write_text((folder / "secrets" / "mqtt-passwords").read_text())
        shutil.copy(ROOT / "deploy" / "mosquitto" / "acl", run / "acl")
        # The readers' listener with passwords, less its TLS.
        self.readers_port = free_port()
        own = [
            line for line in (ROOT / "deploy" / "tls" / "listener.conf").read_text().splitlines() if "tls" not in line
        ]
        outside = [line for line in own if not line.startswith(("certfile", "keyfile"))]
        moved_listener = "\n".join(outside).replace("listener 8883", f"listener {self.readers_port} 127.0.0.1")
        (listeners / "readers.conf").write_text(moved_listener + "\n")
        moved = text.replace("/run/mosquitto/", f"{run}/").replace("/mosquitto/data/", f"{data}/")
        moved = moved.replace("/mosquitto/config/listeners", str(listeners))
        moved = moved.replace("listener 1883", f"listener {self.port} 127.0.0.1\nuser root")
        (folder / "mosquitto.conf").write_text(moved)
        self.start()

    def start(self):
        server = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        self.log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen([server, "-c", str(self.folder / "mosquitto.conf")], stderr=self.log)
        deadline = time.monotonic() + 10
        while not answers(self.port):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def client(self, user, password=None, name=None, clean=True, port=None):
        """Connected, or None when the broker refuses."""
        file = "mqtt-gateway-password" if user == secrets.GATEWAY_USER else f"readers/{user.replace('/', '.')}"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name or user, clean_session=clean, protocol=mqtt.MQTTv311
        )
        if user:
            client.username_pw_set(user, password or (self.folder / "secrets" / file).read_text().strip())
        answered, client.heard = threading.Event(), []
        codes = []
        client.on_connect = lambda *args: (codes.append(args[3]), answered.set())
        client.on_message = lambda _client, _data, message: client.heard.append((message.topic, message.payload))
        client.connect("127.0.0.1", port or self.port)
        client.loop_start()
        assert answered.wait(10)
        if codes[0].is_failure:
            client.loop_stop()
            return None
        return client


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    yield broker
    broker.kill()


def subscribe(client, topic):
    granted = threading.Event()
    client.on_subscribe = lambda *_: granted.set()
    client.subscribe(topic, qos=1)
    assert granted.wait(10)


def leave(*clients):
    for client in clients:
        client.disconnect()
        client.loop_stop()


needs_mosquitto = pytest.mark.skipif(
    not available(), reason="Mosquitto is not installed: its configuration and our password hashes were NOT checked"
)


@needs_mosquitto
@pytest.mark.mosquitto
def test_mosquitto_takes_our_hashes_and_nobody_else(broker):
    leave(broker.client(secrets.GATEWAY_USER), broker.client("huadu/line-1"))
    assert broker.client("huadu/line-1", password="wrong-password") is None
    assert broker.client("huadu/line-3", password="any-password") is None
    assert broker.client("", name="anonymous") is None


@needs_mosquitto
@pytest.mark.mosquitto
def test_a_reader_speaks_and_hears_on_its_own_topics_only(broker):
    gateway, reader, neighbour = (
        broker.client(user) for user in (secrets.GATEWAY_USER, "huadu/line-1", "huadu/line-2")
    )
    subscribe(gateway, topics.ALL_EVENTS)
    for client in (reader, neighbour):
        subscribe(client, "suyuan/v1/huadu/line-1/receipt")
        subscribe(client, topics.ALL_EVENTS)
    for forbidden in ("suyuan/v1/huadu/line-2/events", "suyuan/v1/huadu/line-1/receipt"):
        # Debian's 2.0.11 closes the connection of who tries, so each attempt has one of its own.
        intruder = broker.client("huadu/line-1", name="intruder")
        intruder.publish(forbidden, b"forbidden", qos=1)
        time.sleep(0.2)
        leave(intruder)
    reader.publish("suyuan/v1/huadu/line-1/events", b"mine", qos=1)
    wait_for(lambda: gateway.heard)
    gateway.publish("suyuan/v1/huadu/line-1/receipt", b"receipt", qos=1)
    wait_for(lambda: reader.heard)
    time.sleep(0.2)
    assert gateway.heard == [("suyuan/v1/huadu/line-1/events", b"mine")]
    assert reader.heard == [("suyuan/v1/huadu/line-1/receipt", b"receipt")]
    assert neighbour.heard == []
    leave(gateway, reader, neighbour)


@needs_mosquitto
@pytest.mark.mosquitto
def test_whatever_a_reader_calls_itself_it_ends_no_session_but_its_own(broker):
    gateway = broker.client(secrets.GATEWAY_USER, name="suyuan-gateway-0", clean=False)
    subscribe(gateway, "suyuan/v1/+/+/events")
    neighbour = broker.client("huadu/line-1", port=broker.readers_port)
    subscribe(neighbour, "suyuan/v1/huadu/line-1/receipt")
    for name in ("suyuan-gateway-0", "huadu/line-1"):
        thief = broker.client("huadu/line-2", name=name, port=broker.readers_port)
        thief.publish("suyuan/v1/huadu/line-2/events", name, qos=1).wait_for_publish(10)
        leave(thief)
    wait_for(lambda: len(gateway.heard) == 2)
    gateway.publish("suyuan/v1/huadu/line-1/receipt", "yours", qos=1)
    wait_for(lambda: neighbour.heard == [("suyuan/v1/huadu/line-1/receipt", b"yours")])
    leave(gateway, neighbour)


def test_what_the_broker_holds_for_an_absent_gateway_survives_its_kill(broker):
    gateway = broker.client(secrets.GATEWAY_USER, clean=False)
    subscribe(gateway, topics.ALL_EVENTS)
    leave(gateway)
    reader = broker.client("huadu/line-1")
    count = 1500  # more than the default queue of 1000, which would drop the rest without a word
    sent = [reader.publish("suyuan/v1/huadu/line-1/events", b"%d" % number, qos=1) for number in range(count)]
    sent[-1].wait_for_publish(30)
    assert all(each.is_published() for each in sent)
    leave(reader)
    time.sleep(1.5)  # past the autosave interval
    broker.kill()
    broker.start()
    gateway = broker.client(secrets.GATEWAY_USER, clean=False)
    wait_for(lambda: len(gateway.heard) >= count, 20)
    assert len({payload for _, payload in gateway.heard}) == count
    leave(gateway)
