"""What a message says is settled before its template is read: the template asks only whether a word is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Template, base, defaulttags, loader_tags
from django.template.defaultfilters import default, pluralize
from django.template.engine import Engine
from django.template.smartif import TokenBase

FOLDER = Path(settings.BASE_DIR) / "templates" / "messages"
NODES = (
    base.TextNode,
    base.VariableNode,
    defaulttags.IfNode,
    defaulttags.FirstOfNode,
    loader_tags.BlockNode,
    loader_tags.ExtendsNode,
    loader_tags.IncludeNode,
)
FILTERS = {default, pluralize}


def every(nodelist) -> Iterator[base.Node]:
    for node in nodelist:
        yield node
        for part in getattr(node, "child_nodelists", ()):
            yield from every(getattr(node, part, None) or [])
        if isinstance(node, defaulttags.IfNode):
            yield from (inner for _condition, inside in node.conditions_nodelists for inner in every(inside))


def words_of(node: base.Node) -> Iterator[base.FilterExpression]:
    """The words that a node asks for or says."""
    match node:
        case base.VariableNode():
            yield node.filter_expression
        case defaulttags.FirstOfNode():
            yield from node.vars
        case defaulttags.IfNode():
            yield from (asked(condition) for condition, _inside in node.conditions_nodelists if condition is not None)


def asked(condition: TokenBase) -> base.FilterExpression:
    """The word whose presence is asked for; ``not`` is as far as it goes."""
    if condition.id == "not":
        condition = condition.first
    assert condition.id == "literal", f"a comparison: {condition}"
    return condition.value


def faults(template: Template) -> list[str]:
    found = []
    for node in every(template.nodelist):
        if not isinstance(node, NODES):
            found.append(type(node).__name__)
            continue
        try:
            words = list(words_of(node))
        except AssertionError as fault:
            found.append(str(fault))
            continue
        for word in words:
            found += [f"a filter: {word}" for function, _arguments in word.filters if function not in FILTERS]
            found += [f"a look-up: {word}"] if "." in str(getattr(word.var, "var", "")) else []
    return found


def test_a_message_s_template_asks_only_whether_a_word_is_there():
    found = {
        path.name: faults(Engine.get_default().get_template(f"messages/{path.name}")) for path in FOLDER.glob("*.txt")
    }
    assert len(found) > 100 and {name: faulty for name, faulty in found.items() if faulty} == {}


@pytest.mark.parametrize(
    "source",
    [
        '{% if mode == "decide" %}x{% endif %}',
        "{% if from and by %}x{% endif %}",
        "{% if tier %}{% if a %}{% elif by != to %}x{% endif %}{% endif %}",
        "{% block body %}{{ title|upper }}{% endblock %}",
        "{{ holder.name }}",
        "{% for one in all %}{{ one }}{% endfor %}",
        "{% load i18n %}{{ title }}",
        "{% with a=b %}{{ a }}{% endwith %}",
    ],
)
def test_whatever_decides_more_is_found(source):
    assert faults(Template(source))
