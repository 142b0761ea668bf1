"""schemathesis against our own OpenAPI document, over real HTTP.

Everything the document promises is tried with data made from it: that what fits is
taken, what does not is refused, and every answer is one that it declares.
"""

import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
[checks.positive_data_acceptance]
# 404: made-up ids. 409 and 422: what fits the shape may still break a rule.
expected-statuses = ["2xx", "402", "403", "404", "409", "422"]

[warnings]
enabled = false
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run of schemathesis found."""

    cases: int
    failures: int
    text: str


async def judge(base: str, key: str, folder: Path, *options: str) -> Verdict:
    """Run it against the surface at ``base``, with ``key``; ``folder`` is scratch."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    report = folder / "report.json"
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(config), "run", f"{base}/v1/openapi.json"),
        *("--url", base, "-H", f"Authorization: Bearer {key}", "--no-color"),
        *("--report", "json", "--report-json-path", str(report)),
        *("--generation-database", "none", "--suppress-health-check", "all"),
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    text = told.decode()
    return Verdict(
        cases=_number(r"([\d,]+) generated", text),
        failures=0
        if process.returncode == 0
        else max(1, _number(r"(\d+) failure", text)),
        text=text,
    )


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1].replace(",", "")) if found else 0
