"""Checks of installed plug-ins (`plugin_checks`): a function of the plan and of the text that the protocol gives it."""

from collections.abc import Iterable

from rtcheck.checking.plan_qa.answers import Answer, answer, unknown
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.plugins import PluginError, plugin_of
from rtcheck.protocol.file.model import CheckRule


def plugged(subject: Subject, rule: CheckRule) -> Iterable[Answer]:
    """The answer of the plug-in: (True, False or None for unknown; what was found). One that fails is unknown."""
    name = rule.code.partition(".")[2]
    try:
        plugin = plugin_of("checks", name)
        title = str(plugin.stated("title", name))
        found = plugin.call(subject, rule.text)
    except PluginError as error:
        yield unknown(str(error), item=name)
        return
    if not (isinstance(found, tuple) and len(found) == 2 and found[0] in (True, False, None)):
        yield unknown(f"the plug-in {plugin} gives no pair of true, false or none and a text", item=title)
    elif found[0] is None:
        yield unknown(str(found[1]), item=title)
    else:
        yield answer(bool(found[0]), str(found[1]), item=title)
