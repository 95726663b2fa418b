"""What ``collectstatic`` makes of the static files: one stylesheet in one piece, and every name that a page links."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from escalation.kit.collected import inlined

SOURCE = Path(settings.BASE_DIR, "static")

pytestmark = pytest.mark.rehearsal("processes")


def manage(root: Path, *words: str) -> str:
    """What ``manage.py`` of an installation says that keeps its collected files there."""
    env = {**os.environ, "STATIC_ROOT": str(root), "DJANGO_SETTINGS_MODULE": "escalation.settings"}
    command = [sys.executable, str(Path(settings.BASE_DIR, "manage.py")), *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("static")
    manage(root, "collectstatic", "--no-input")
    return root


def names(root: Path) -> dict[str, str]:
    return json.loads((root / "staticfiles.json").read_text())["paths"]


def test_a_neighbour_stands_in_its_layer_where_it_was_imported():
    sheet = '@layer a, b;\n@import url("one.css") layer(a);\n@import url("two.css") layer(b);\np { margin: 0 }\n'
    near = {"one.css": "i { top: 0 }\n", "two.css": '@font-face { src: url("../x.woff2") }\n'}
    assert inlined(sheet, near.__getitem__) == (
        "@layer a, b;\n@layer a {\ni { top: 0 }\n}\n"
        '@layer b {\n@font-face { src: url("../x.woff2") }\n}\np { margin: 0 }\n'
    )


@pytest.mark.parametrize("sheet", ["baton", "status"])
def test_a_page_waits_for_one_stylesheet_with_all_that_is_in_the_many(collected, sheet):
    made = (collected / names(collected)[f"css/{sheet}.css"]).read_text()
    assert "@import" not in made
    for near in re.findall(r'@import url\("([^"]+)"\)', (SOURCE / "css" / f"{sheet}.css").read_text()):
        words = (SOURCE / "css" / near).read_text()
        assert "@import" not in words
        assert re.sub(r'url\("[^"]+"\)', "", words) in re.sub(r'url\("[^"]+"\)', "", made), near
    fonts = re.findall(r'url\("\.\./(vendor/fonts/[^"]+)"\)', made)
    assert len(fonts) == 3 and all((collected / font).exists() for font in fonts)
    assert (collected / f"{names(collected)[f'css/{sheet}.css']}.br").exists()


def test_every_file_that_a_page_links_is_collected(collected):
    templates = [*Path(settings.BASE_DIR, "templates").rglob("*.html")]
    linked = {name for one in templates for name in re.findall(r'{% static "([^"]+)" %}', one.read_text())}
    assert "css/baton.css" in linked
    assert linked - names(collected).keys() == set()


def test_what_was_collected_from_another_version_is_not_served(collected):
    asked = ("shell", "-v", "0", "-c", "from django.templatetags.static import static; print(static('css/baton.css'))")
    assert manage(collected, *asked).strip() == f"/static/{names(collected)['css/baton.css']}"
    os.utime(collected / "staticfiles.json", (0, 0))
    assert manage(collected, *asked).strip() == "/static/css/baton.css"
