"""Where tests fork processes from that are to be killed: a server with all imported.

There is one such server in a process, and what it loads is what was named last before
it started. So it is named here, once for all.
"""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.forked"])
