"""How the embedded PostgreSQL is set: with the code, not in its folder."""

from collections.abc import Mapping

from db.server_bootstrap import PORT
from db.server_files import Layout, cluster_name

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    # A small, single machine: the app and this together stay below 250 MB.
    "shared_buffers": "32MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "io_method": "sync",
    # No replicas: less to write, and one process fewer.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "log_line_prefix": "%m [%p] %q%u ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
"""For tests: quicker. Survives our own crashes, not the machine's."""


def flags(settings: Mapping[str, str], layout: Layout) -> list[str]:
    """Return the command line's words for the settings on one data folder."""
    everything = {
        **settings,
        "cluster_name": cluster_name(layout.data),
        "unix_socket_directories": str(layout.sockets),
    }
    pairs = (f"{name}={value}" for name, value in everything.items())
    return [word for pair in pairs for word in ("-c", pair)]
