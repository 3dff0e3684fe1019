"""Shards built on a Dask cluster: a scheduler and two workers, processes of their own, over TCP on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import psutil
import pyarrow.dataset as pds
import pytest
import s3fs
from PIL import Image

ROOT = Path(__file__).parents[2]
if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


@dataclass(frozen=True)
class Cluster:
    """A running Dask cluster: where its scheduler listens, and its processes."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    @property
    def settings(self) -> dict[str, str]:
        return {"runner": "dask", "address": self.address}


def start(stack: ExitStack, folder: Path, kind: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """`dask scheduler` or `dask worker`, until *stack* ends."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "AWS_"))}
    home = {"PREFECT_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    log = stack.enter_context((folder / f"{kind}-{len(list(folder.iterdir()))}.log").open("wb"))
    command = [sys.executable, "-m", "dask", kind, "--no-dashboard", *arguments]
    environment = {**inherited, **home, **environment}
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


@contextmanager
def dask_cluster(folder: Path, environment: Mapping[str, str] | None = None, workers: int = 2) -> Iterator[Cluster]:
    place = folder / "scheduler.json"
    with ExitStack() as stack:
        scheduler = start(
            stack, folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(place)
        )
        while not place.exists() or not (text := place.read_text()).endswith("}"):
            assert scheduler.poll() is None
        address = json.loads(text)["address"]
        running = [start_worker(stack, folder, address, environment or {}) for _ in range(workers)]
        wait_for_workers(address, workers)
        yield Cluster(address, scheduler, running)


def start_worker(
    stack: ExitStack, folder: Path, address: str, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    flags = ["--nthreads", "2", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(folder)]
    return start(stack, folder, "worker", address, *flags, **environment)


def wait_for_workers(address: str, count: int) -> None:
    """Ask in a process of its own: what Dask warns of is no error of this one."""
    asked = f"import distributed; distributed.Client({address!r}).wait_for_workers({count}, timeout=60)"
    subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, timeout=90)


KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), KEYS) as running:
        yield running


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Forty images in four classes, all different."""
    for number in range(40):
        path = tmp_path / "shapes" / f"class {number % 4}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (24, 16), (6 * number, 90, 200)).save(path)
    return tmp_path / "shapes"


def shards(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "_shards").iterdir())


def test_a_cluster_builds_the_same_bytes_as_threads_locally_and_on_s3(
    *, parquetry: Command, write_config: WriteConfig, cluster: Cluster, shapes: Path, s3: str, tmp_path: Path
) -> None:
    store = s3fs.S3FileSystem(endpoint_url=s3, key="testing", secret="testing", skip_instance_cache=True)  # noqa: S106 - moto takes any
    store.mkdir("built-by-dask")
    remote = {"path": "s3://built-by-dask/remote", "storage_options": {"endpoint_url": s3}}
    write = {"shard_rows": "8"}
    configs = [
        write_config(shapes, "threads", write=write),
        write_config(shapes, "dask", write=write, run=cluster.settings),
        write_config(shapes, "remote", write=write, run=cluster.settings, output=remote),
    ]
    outcomes = parquetry.with_environment(**KEYS).run_json(*configs)

    assert [(outcome["outcome"], outcome["written"]) for outcome in outcomes] == [("published", 40)] * 3
    names = shards(tmp_path / "out-threads")
    assert len(names) == 5
    assert shards(tmp_path / "out-dask") == names
    assert sorted(path.rpartition("/")[2] for path in store.ls("built-by-dask/remote/_shards")) == names
    assert list((tmp_path / "out-dask" / "runs").iterdir()) == []


class Counting(BaseHTTPRequestHandler):
    """Serves one image under every path, slowly, and counts how many are asked for at once."""

    lock: ClassVar[threading.Lock] = threading.Lock()
    at_once: ClassVar[int] = 0
    most: ClassVar[int] = 0
    seen: ClassVar[Counter[str]] = Counter()
    image: ClassVar[bytes] = b""

    def do_GET(self) -> None:
        kind = type(self)
        with kind.lock:
            kind.at_once += 1
            kind.most = max(kind.most, kind.at_once)
            kind.seen[self.path] += 1
        threading.Event().wait(0.03)  # as long as a server takes
        with kind.lock:
            kind.at_once -= 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(kind.image)))
        self.end_headers()
        self.wfile.write(kind.image)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("per_host", [3, pytest.param(1, marks=pytest.mark.faults)])
def test_per_host_holds_over_all_workers_and_secrets_reach_them_unwritten(
    *, parquetry: Command, write_config: WriteConfig, cluster: Cluster, shapes: Path, tmp_path: Path, per_host: int
) -> None:
    class Handler(Counting):
        lock = threading.Lock()
        seen: ClassVar[Counter[str]] = Counter()
        image = (shapes / "class 0" / "0.png").read_bytes()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        host = f"127.0.0.1:{server.server_address[1]}"
        rows = "".join(f"cat,http://{host}/{number}.png?signature=s3cr3t\n" for number in range(40))
        (tmp_path / "labels.csv").write_text(f"label,location\n{rows}")
        fetch = {"allow_hosts": [host], "per_host": str(per_host)}
        config = write_config(
            tmp_path / "labels.csv",
            fetch=fetch,
            write={"shard_rows": "5"},
            run=cluster.settings,
            output=output(tmp_path),
        )
        (outcome,) = parquetry.run_json(config)
        server.shutdown()
        thread.join()

    assert (outcome["outcome"], outcome["written"], outcome["shards_built"]) == ("published", 40, 8)
    assert Handler.most <= per_host
    assert set(Handler.seen) == {f"/{number}.png?signature=s3cr3t" for number in range(40)}
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"s3cr3t" not in written


def output(folder: Path) -> dict[str, str]:
    return {"path": str(folder / "out")}


def test_a_worker_that_does_not_reach_the_output_is_named(
    parquetry: Command, write_config: WriteConfig, cluster: Cluster, shapes: Path
) -> None:
    config = write_config(shapes, run=cluster.settings, output={"path": "memory://nowhere/pets"})

    result = parquetry("run", config, code=1)

    assert "The Dask worker tcp://127.0.0.1:" in result.stderr
    assert "does not reach the output memory://nowhere/pets" in result.stderr
    assert "all of its workers reach" in result.stderr


def test_a_worker_that_lacks_the_pipeline_is_named(
    parquetry: Command, write_config: WriteConfig, shapes: Path, tmp_path: Path
) -> None:
    (tmp_path / "other" / "tasks").mkdir(parents=True)
    (tmp_path / "other" / "tasks" / "__init__.py").write_text("")
    folder = tmp_path / "dask"
    folder.mkdir()
    with dask_cluster(folder, {"PYTHONPATH": f"{tmp_path / 'other'}:{ROOT}"}, workers=1) as cluster:
        result = parquetry("run", write_config(shapes, run=cluster.settings), code=1)

    assert "The Dask worker tcp://127.0.0.1:" in result.stderr
    assert "cannot import this pipeline: ModuleNotFoundError: No module named 'tasks.build_shard'" in result.stderr
    assert "parquetry[dask]" in result.stderr


def test_an_address_without_a_scheduler_says_so_before_prefect_is_needed(
    offline_parquetry: Command, write_config: WriteConfig, shapes: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        nobody = offline_parquetry("run", write_config(shapes, run={"runner": "dask", "address": address}), code=2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        thread = threading.Thread(target=greet, args=(other,))
        thread.start()
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        stranger = offline_parquetry("run", write_config(shapes, run={"runner": "dask", "address": address}), code=2)
        thread.join()

    assert "no Dask scheduler listens at tcp://127.0.0.1:" in nobody.stderr
    assert "`dask scheduler`" in nobody.stderr
    assert "what listens there is something else" in stranger.stderr


def greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"220 mail.example ESMTP\r\n")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        pytest.param({"runner": "dask"}, "takes one of two", id="neither address nor workers"),
        pytest.param({"runner": "dask", "address": "tcp://a:1", "workers": "2"}, "takes one of two", id="both"),
        pytest.param({"address": "tcp://a:1"}, "set `runner: dask`", id="threads with an address"),
        pytest.param({"runner": "dask", "address": "tcp://user:word@host:1"}, "run.address", id="no address"),
    ],
)
def test_a_run_section_that_fits_no_runner(
    offline_parquetry: Command, write_config: WriteConfig, shapes: Path, settings: dict[str, Any], complaint: str
) -> None:
    result = offline_parquetry("run", write_config(shapes, run=settings), code=2)

    assert complaint in result.stderr


def many(folder: Path, count: int) -> Path:
    """*count* images of two megapixels with bytes of their own: a comment tells them apart."""
    (folder / "cat").mkdir(parents=True)
    Image.effect_noise((1600, 1200), 60).save(folder / "cat" / "0.jpg", quality=80)
    data = (folder / "cat" / "0.jpg").read_bytes()
    for number in range(1, count):
        comment = b"\xff\xfe" + (10).to_bytes(2, "big") + f"{number:08}".encode()
        (folder / "cat" / f"{number}.jpg").write_bytes(data[:2] + comment + data[2:])
    return folder


def wait_for_shards(root: Path, run: subprocess.Popen[str], count: int) -> None:
    while not (root / "_shards").is_dir() or len(list((root / "_shards").iterdir())) < count:
        assert run.poll() is None


@pytest.mark.faults
@pytest.mark.parametrize("where", ["locally", "s3"])
def test_a_worker_killed_in_the_middle_costs_no_row(
    parquetry: Command, write_config: WriteConfig, s3: str, tmp_path: Path, where: str
) -> None:
    source = many(tmp_path / "many", 400)
    store = s3fs.S3FileSystem(endpoint_url=s3, key="testing", secret="testing", skip_instance_cache=True)  # noqa: S106 - moto takes any
    bucket = f"killed-{where}"
    store.mkdir(bucket)
    place: dict[str, Any] = {"path": str(tmp_path / "out")}
    if where == "s3":
        place = {"path": f"s3://{bucket}/out", "storage_options": {"endpoint_url": s3}}
    (tmp_path / "dask").mkdir()
    with dask_cluster(tmp_path / "dask", KEYS) as cluster:
        config = write_config(
            {"path": str(source), "layout": "class_folders"},
            write={"shard_rows": "20"},
            run=cluster.settings,
            output=place,
        )
        command = [sys.executable, "-P", "-m", "flows.cli", "run", "--json", str(config)]
        environment = {**parquetry.environment, **KEYS}
        run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if where == "s3":
            while not store.exists(f"{bucket}/out/_shards") or len(store.ls(f"{bucket}/out/_shards", refresh=True)) < 3:
                assert run.poll() is None
        else:
            wait_for_shards(tmp_path / "out", run, 3)
        children = psutil.Process(cluster.workers[0].pid).children(recursive=True)
        cluster.workers[0].kill()
        killed = time.monotonic()
        output, errors = run.communicate(timeout=600)
        sys.stderr.write(f"{time.monotonic() - killed:.1f} s from the worker's death to the end\n")

    assert run.returncode == 0, errors
    assert not psutil.wait_procs(children, timeout=15)[1]
    outcome = json.loads(output)
    assert (outcome["outcome"], outcome["written"], outcome["rejected"]) == ("published", 400, 0)
    store.invalidate_cache()
    latest = json.loads(
        store.cat_file(f"{bucket}/out/latest.json") if where == "s3" else (tmp_path / "out/latest.json").read_bytes()
    )
    files = [f"{f'{bucket}/out' if where == 's3' else tmp_path / 'out'}/{file['path']}" for file in latest["files"]]
    ids = pds.dataset(files, filesystem=store if where == "s3" else None).to_table(columns=["sample_id"])["sample_id"]
    assert Counter(ids.to_pylist()) == Counter(f"cat/{number}.jpg" for number in range(400))


@pytest.mark.faults
def test_a_scheduler_that_dies_ends_the_run_in_words_and_the_next_one_goes_on(
    parquetry: Command, write_config: WriteConfig, tmp_path: Path
) -> None:
    config = write_config(
        {"path": str(many(tmp_path / "many", 400)), "layout": "class_folders"}, write={"shard_rows": "20"}
    )
    (tmp_path / "dask").mkdir()
    with dask_cluster(tmp_path / "dask") as cluster:
        settings = f"run={json.dumps(cluster.settings)}"
        command = [sys.executable, "-P", "-m", "flows.cli", "run", str(config), "--set", settings]
        run = subprocess.Popen(command, env=dict(parquetry.environment), stderr=subprocess.PIPE, text=True)
        wait_for_shards(tmp_path / "out-pets", run, 2)
        cluster.scheduler.kill()
        _, errors = run.communicate(timeout=300)

    assert run.returncode == 1
    assert "error: A shard could not be built: " in errors
    assert "Traceback" not in errors
    (outcome,) = parquetry.run_json(config)
    assert (outcome["outcome"], outcome["written"]) == ("published", 400)
    assert outcome["images_decoded"] < 400


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_takes_its_own_cluster_with_it(
    parquetry: Command, write_config: WriteConfig, tmp_path: Path, number: signal.Signals
) -> None:
    source = many(tmp_path / "many", 400)
    config = write_config(
        {"path": str(source), "layout": "class_folders"},
        write={"shard_rows": "20"},
        run={"runner": "dask", "workers": "2"},
    )
    command = [sys.executable, "-P", "-m", "flows.cli", "run", "--json", str(config)]
    with subprocess.Popen(
        command, env=dict(parquetry.environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as run:
        wait_for_shards(tmp_path / "out-pets", run, 1)
        children = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(number)
        _, errors = run.communicate(timeout=15)

    assert len(children) >= 4  # two workers, each with a decoder
    assert not psutil.wait_procs(children, timeout=15)[1]
    assert "Traceback" not in errors
    assert run.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert not (tmp_path / "out-pets" / "commits").exists()
