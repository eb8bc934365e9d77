from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytract.loaders.server_settings import GIB, MIB, memory_bytes, server_settings, settings_text


def settings(memory=16 * GIB, cores=8, free_disk=500 * GIB, shared_memory=8 * GIB):
    return server_settings(Path("/run/x"), memory, cores, free_disk, shared_memory)


def mib(text: str) -> int:
    assert text.endswith("MB")
    return int(text.removesuffix("MB"))


@given(
    memory=st.integers(GIB // 2, 4096 * GIB),
    cores=st.integers(1, 512),
    free_disk=st.integers(0, 10**15),
)
def test_settings_fit_any_machine(memory, cores, free_disk):
    found = settings(memory, cores, free_disk)
    assert mib(found["shared_buffers"]) <= max(memory // 4 // MIB, 128)
    # A hundred sessions with a sort each stay below the machine's memory.
    sorts = 100 * mib(found["work_mem"])
    assert sorts + mib(found["shared_buffers"]) <= max(memory // MIB, 1024)
    assert int(found["max_parallel_workers_per_gather"]) >= 1
    assert mib(found["max_wal_size"]) >= 1024


def test_shared_buffers_are_a_quarter_of_memory():
    assert settings(memory=16 * GIB)["shared_buffers"] == "4096MB"


def test_nothing_listens_but_the_private_socket():
    found = settings()
    assert found["listen_addresses"] == ""
    assert found["unix_socket_permissions"] == "0700"


@pytest.mark.parametrize(("size", "kind"), [(64 * MIB, "mmap"), (8 * GIB, "posix")])
def test_small_shared_memory_of_containers_is_avoided(size, kind):
    assert settings(shared_memory=size)["dynamic_shared_memory_type"] == kind


def test_values_are_quoted():
    text = settings_text({"a": "it's", "b": "c:\\d"})
    assert text.splitlines()[1:] == ["a = 'it''s'", "b = 'c:\\\\d'"]


def test_memory_is_at_most_that_of_the_machine():
    total = next(
        int(line.split()[1]) * 1024
        for line in Path("/proc/meminfo").read_text().splitlines()
        if line.startswith("MemTotal")
    )
    assert 0 < memory_bytes() <= total
