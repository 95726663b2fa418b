"""What a browser sends of a part of a training case that somebody writes."""

from incidents.models.training_cases import mark
from incidents.practising.authoring import StepForm, WordsForm


def form_of(part: dict, **more) -> dict:
    """The part as it is, but what is said in ``more``."""
    form = (StepForm if "minute" in part else WordsForm)(None, part, None)  # type: ignore[arg-type]
    sent = {**form.initial, "seen": mark(part), **more}
    return {name: value for name, value in sent.items() if value is not None and value is not False}
