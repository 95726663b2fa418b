# replaced while this is built


def acknowledgement(request, **kwargs):
    raise RuntimeError


def answer(request, **kwargs):
    raise RuntimeError


def escalation(request, **kwargs):
    raise RuntimeError


def handover(request, **kwargs):
    raise RuntimeError


def acceptance(request, **kwargs):
    raise RuntimeError


def refusal(request, **kwargs):
    raise RuntimeError


def withdrawal(request, **kwargs):
    raise RuntimeError


def reassignment(request, **kwargs):
    raise RuntimeError


def hold(request, **kwargs):
    raise RuntimeError


def resumption(request, **kwargs):
    raise RuntimeError


def resolution(request, **kwargs):
    raise RuntimeError


def reopening(request, **kwargs):
    raise RuntimeError


def notes(request, **kwargs):
    raise RuntimeError


def attempts(request, **kwargs):
    raise RuntimeError


def facts(request, **kwargs):
    raise RuntimeError


def severity(request, **kwargs):
    raise RuntimeError
