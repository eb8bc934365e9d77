"""Settings of the private server, derived from the size of the machine."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

MIB = 1 << 20
GIB = 1 << 30


def memory_bytes() -> int:
    """Memory that this process may use: the machine's, or less where a control group limits it."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            sizes.append(int(Path(name).read_text()))
        except (OSError, ValueError):
            # No such control group, or it says "max".
            continue
    return min(sizes)


def server_settings(
    socket_folder: Path,
    memory: int,
    cores: int,
    free_disk: int,
    shared_memory: int,
) -> dict[str, str]:
    """Return the settings for a machine of the given size.

    Parameters
    ----------
    socket_folder
        Folder of the unix socket, the only way in.
    memory, free_disk, shared_memory
        Bytes of memory, free disk, and of /dev/shm.
    cores
        Number of processors.
    """
    shared_buffers = _between(128 * MIB, memory // 4, 8 * GIB)
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "cluster_name": "skytract",
        "max_connections": "100",
        "shared_buffers": _mib(shared_buffers),
        "effective_cache_size": _mib(memory // 2),
        "maintenance_work_mem": _mib(_between(64 * MIB, memory // 16, 2 * GIB)),
        "work_mem": _mib(_between(4 * MIB, memory // 200, 256 * MIB)),
        # Steps of stages hand on temporary tables: these need not be written out and read again.
        "temp_buffers": _mib(_between(8 * MIB, memory // 400, 64 * MIB)),
        # An un-pruned query holds one lock per partition and index: 64 slots per session run out.
        "max_locks_per_transaction": "2048",
        # What a killed client was about to do ends, also while it waits for a lock or deletes rows.
        "client_connection_check_interval": "10s",
        # A generic plan cannot prune: its first try over ~1000 partitions costs a second.
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
        "max_worker_processes": str(8 + cores),
        "max_parallel_workers": str(cores),
        "max_parallel_workers_per_gather": str(_between(1, cores // 2, 4)),
        "max_parallel_maintenance_workers": str(_between(1, cores // 2, 4)),
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
        # Bulk loads: COPY into a table made in the same transaction writes no WAL.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": _mib(_between(1 * GIB, free_disk // 10, 16 * GIB)),
        "wal_buffers": "64MB",
        # The first change of a page after a checkpoint writes it to the log as a whole, and rows of
        # one visit touch most pages of a large index of positions. These hardly shrink: LZ4 saves
        # a tenth of the log, and a load into 16 M rows then takes a third longer (4 us a row);
        # PostgreSQL's own method takes ten times LZ4's time.
        "wal_compression": "off",
        "checkpoint_timeout": "15min",
        # Containers often have a /dev/shm of 64 MB, too small for parallel hash joins.
        "dynamic_shared_memory_type": "posix" if shared_memory >= GIB else "mmap",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "lc_messages": "C.UTF-8",
        "default_text_search_config": "pg_catalog.simple",
    }


def machine_settings(socket_folder: Path, data_folder: Path) -> dict[str, str]:
    """Return the settings for this machine."""
    return server_settings(
        socket_folder=socket_folder,
        memory=memory_bytes(),
        cores=os.cpu_count() or 1,
        free_disk=shutil.disk_usage(data_folder).free,
        shared_memory=shutil.disk_usage("/dev/shm").total if os.path.isdir("/dev/shm") else 0,
    )


def settings_text(settings: Mapping[str, str]) -> str:
    """Write settings in the syntax of postgresql.conf.

    >>> print(settings_text({"cluster_name": "it's"}), end="")
    # Written by `skytract server start` each time: put own settings into postgresql.conf.
    cluster_name = 'it''s'
    """
    lines = [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
    head = "# Written by `skytract server start` each time: put own settings into postgresql.conf."
    return "\n".join([head, *lines, ""])


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


def _mib(size: int) -> str:
    return f"{size // MIB}MB"
