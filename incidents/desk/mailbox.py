# replaced while this is built


def page(request, **kwargs):
    raise RuntimeError


def letter(request, **kwargs):
    raise RuntimeError
