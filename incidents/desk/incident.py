# replaced while this is built


def page(request, **kwargs):
    raise RuntimeError


def record(request, **kwargs):
    raise RuntimeError
