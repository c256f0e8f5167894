"""The reader of runs, on files that the test writes byte by byte. Files of wandb itself: tests/tracing/exporters."""

import json
import struct
import sys
import zlib

import pytest

from llm_strategy.errors import MissingExtraError, TraceFileError
from llm_strategy.testing.wandb_reader import read_wandb_run
from llm_strategy.testing.wandb_reader_log import log_records

HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32 * 1024


def chunk(kind, payload):
    return struct.pack("<IHB", zlib.crc32(bytes([kind]) + payload), len(payload), kind) + payload


def log_of(*records):
    """Write a log as wandb-core does: chunks never cross a block, and the header of the file is part of the first one."""
    content = bytearray(HEADER)
    for record in records:
        rest, first = record, True
        while first or rest:
            left = BLOCK - len(content) % BLOCK
            if left < 7:
                content += bytes(left)
                left = BLOCK
            piece, rest = rest[: left - 7], rest[left - 7 :]
            kind = (1 if first else 4) if not rest else (2 if first else 3)
            content += chunk(kind, piece)
            first = False
    return bytes(content)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 21, BLOCK - 15, BLOCK - 14, BLOCK - 13, BLOCK, 3 * BLOCK + 5])
def test_records_of_every_size_are_read_across_blocks(size):
    records = [b"a" * size, b"b", b"c" * size]
    assert list(log_records(log_of(*records))) == records


def test_every_cut_of_a_log_gives_the_records_before_it():
    records = [b"one", b"x" * (BLOCK + 100), b"three"]
    whole = log_of(*records)
    ends = [len(log_of(*records[:count])) for count in range(4)]
    for cut in (7, 8, 13, 17, 20, BLOCK - 1, BLOCK, BLOCK + 3, len(whole) - 6, len(whole) - 1, len(whole)):
        assert list(log_records(whole[:cut])) == records[: sum(end <= cut for end in ends) - 1]


def test_a_block_that_was_reserved_and_not_written_is_passed_over():
    content = log_of(b"one")
    content += bytes(BLOCK - len(content)) + chunk(1, b"two")
    assert list(log_records(content)) == [b"one", b"two"]


def test_a_damaged_byte_is_found_by_the_checksum():
    content = bytearray(log_of(b"one", b"two"))
    content[-1] ^= 1
    with pytest.raises(TraceFileError, match=r"damaged at byte 17: its checksum"):
        list(log_records(bytes(content)))


@pytest.mark.parametrize("kinds", [(3,), (4,), (2, 1), (2, 2), (5,)])
def test_chunks_in_an_order_that_makes_no_record_are_told(kinds):
    content = HEADER + b"".join(chunk(kind, b"x") for kind in kinds)
    with pytest.raises(TraceFileError, match=f"chunk of type {kinds[-1]} has no place"):
        list(log_records(content))


def test_a_file_that_is_no_log_is_told_by_its_first_bytes():
    with pytest.raises(TraceFileError, match=r"this one begins with b'no log '"):
        list(log_records(b"no log at all"))


@pytest.fixture
def record():
    form = pytest.importorskip("wandb.proto.wandb_internal_pb2")

    def made(kind, **fields):
        return form.Record(**{kind: fields}).SerializeToString()

    made.form = form
    return made


@pytest.fixture
def run_of(tmp_path, record):
    def read(*records):
        (tmp_path / "run-r1.wandb").write_bytes(log_of(*records))
        return read_wandb_run(tmp_path)

    return read


def item(kind, key, value):
    form = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    named = {"key": key} if isinstance(key, str) else {"nested_key": key}
    return getattr(form, f"{kind}Item")(value_json=json.dumps(value), **named)


def test_a_run_is_put_together_of_its_records(run_of, record):
    run = run_of(
        record("run", run_id="r1", project="shop", entity="me", display_name="first"),
        record("config", update=[item("Config", "a", {"b": 1}), item("Config", ["a", "c"], 2), item("Config", "d", 3)]),
        record("config", remove=[item("Config", "d", None)]),
        record("metric", name="loss", step_metric="epoch"),
        record("metric", glob_name="llm/*"),
        record("history", step={"num": 4}, item=[item("History", ["loss"], 0.5), item("History", "deep", [1])]),
        record("summary", update=[item("Summary", ["x", "y"], 1), item("Summary", "z", 2)]),
        record("summary", remove=[item("Summary", ["x", "y"], None)]),
        record("files", files=[record.form.FilesItem(path="media/a.html")]),
        record("alert", title="Look", text="at this"),
        record("exit", exit_code=3),
    )

    assert (run.id, run.project, run.entity, run.name) == ("r1", "shop", "me", "first")
    assert run.config == {"a": {"b": 1, "c": 2}}
    assert [(metric.name, metric.step) for metric in run.metrics] == [("loss", "epoch"), ("llm/*", "")]
    assert run.history == [{"_step": 4, "loss": 0.5, "deep": [1]}]
    assert run.summary == {"x": {}, "z": 2}
    assert (run.files, run.alerts, run.exit_code) == (["media/a.html"], ["Look"], 3)


def test_an_artifact_says_where_its_files_wait(run_of, record):
    entry = record.form.ArtifactManifestEntry(path="a.jsonl", local_path="/staged/1")
    manifest = record.form.ArtifactManifest(contents=[entry])
    run = run_of(record("artifact", name="t", type="trace", manifest=manifest, metadata='{"n": 1}'))

    (artifact,) = run.artifacts
    assert (artifact.name, artifact.type, artifact.metadata) == ("t", "trace", {"n": 1})
    assert {path: str(place) for path, place in artifact.files.items()} == {"a.jsonl": "/staged/1"}


def test_a_run_that_was_cut_off_has_no_exit_code(tmp_path, record):
    content = log_of(record("run", run_id="r1"), record("exit", exit_code=0))
    (tmp_path / "run-r1.wandb").write_bytes(content[:-1])
    run = read_wandb_run(tmp_path / "run-r1.wandb")

    assert (run.id, run.exit_code) == ("r1", None)


def test_a_table_is_read_by_column(run_of, record, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "t.json").write_text('{"columns": ["a", "b"], "data": [[1, "x"]]}', "utf-8")
    values = [item("History", ["t"], {"path": "t.json"}), item("History", ["gone"], {"path": "gone.json"})]
    run = run_of(record("history", item=values))

    assert run.table("t") == [{"a": 1, "b": "x"}]
    with pytest.raises(TraceFileError, match=r"gone.json' of 'gone' cannot be read: No such file"):
        run.media("gone")
    with pytest.raises(LookupError, match="has no 'never'"):
        run.media("never")


def test_a_record_that_is_no_record_is_told(run_of):
    with pytest.raises(TraceFileError, match=r"A record of .*run-r1.wandb' is damaged"):
        run_of(b"\xff\xff\xff")


def test_a_directory_without_a_run_is_told(tmp_path):
    with pytest.raises(TraceFileError, match="is no run: pass its directory"):
        read_wandb_run(tmp_path)
    with pytest.raises(TraceFileError, match="is no run"):
        read_wandb_run(tmp_path / "nowhere.wandb")


def test_without_wandb_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb.proto.wandb_internal_pb2", None)
    (tmp_path / "run-r1.wandb").write_bytes(HEADER)
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[wandb\]"):
        read_wandb_run(tmp_path)
