"""What stood on a page when a test in it failed: where it was, what had the focus, and what had happened last."""

import pytest
from playwright import sync_api

# The last things that a page heard, whoever takes them on their way.
LISTEN = """
window.heard = [];
for (const kind of ['keydown', 'click', 'close', 'htmx:beforeRequest', 'htmx:afterRequest', 'htmx:afterSettle'])
    addEventListener(kind, ({ type, key = '', target, detail }) => {
        const at = Math.round(performance.now()), on = target.id || target.nodeName;
        heard.push([at, type, key, on, detail?.requestConfig?.path ?? '', document.hasFocus()].join(' '));
        heard.splice(0, heard.length - 40);
    }, true);
"""
STANDS = """() => {
    const told = (one) => one?.outerHTML.slice(0, 200) ?? 'nothing';
    const root = document.documentElement;
    return [location.href, `now: ${Math.round(performance.now())}`, `in focus: ${told(document.activeElement)}`,
        `open: ${[...document.querySelectorAll('dialog[open]')].map(told)}`,
        `root: ${[...root.attributes].map(({ name, value }) => `${name}=${value}`)}`,
        ...(window.heard ?? [])].join('\\n');
}"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        for page in getattr(item, "pages", ()):
            report.sections.append(("what stood on a page", _stands(page)))
    return report


def follow(request, page) -> None:
    """``page`` tells about itself if its test fails."""
    page.add_init_script(LISTEN)
    request.node.pages = [*getattr(request.node, "pages", ()), page]


def _stands(page) -> str:
    try:
        return page.evaluate(STANDS)
    except sync_api.Error as gone:  # closed, or without script
        return gone.message
