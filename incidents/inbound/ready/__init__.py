"""Ready mappings: a folder for each tool, with its mapping and messages as that tool sends them.

``open``, ``repeat`` and ``resolve`` are one story; the tests play it through the real door, and the page
of a source shows it beside what becomes of it. A further tool is a further folder, and a line here.
"""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_STORY = ("open", "repeat", "acknowledge", "resolve")


@dataclass(frozen=True)
class Tool:
    slug: str  # its folder, and its heading in docs/webhooks.md
    name: str

    @cached_property
    def mapping(self) -> str:
        return (_HERE / self.slug / "mapping.txt").read_text()

    @cached_property
    def samples(self) -> dict[str, Any]:
        """By what they are: the story first, then what else the tool sends."""
        files = {file.stem: file for file in sorted((_HERE / self.slug).glob("*.json"))}
        order = [*(name for name in _STORY if name in files), *(name for name in files if name not in _STORY)]
        return {name: json.loads(files[name].read_text()) for name in order}


TOOLS = (
    Tool("cloudwatch", "Amazon CloudWatch"),
    Tool("azure-monitor", "Azure Monitor"),
    Tool("google-cloud", "Google Cloud Monitoring"),
    Tool("zabbix", "Zabbix"),
    Tool("nagios", "Nagios, Naemon"),
    Tool("icinga", "Icinga"),
    Tool("uptime-kuma", "Uptime Kuma"),
    Tool("sentry", "Sentry"),
    Tool("datadog", "Datadog"),
    Tool("new-relic", "New Relic"),
)


@lru_cache(maxsize=1)
def by_slug() -> dict[str, Tool]:
    return {tool.slug: tool for tool in TOOLS}
