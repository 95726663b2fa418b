# replaced while this is built


def page(request, **kwargs):
    raise RuntimeError
