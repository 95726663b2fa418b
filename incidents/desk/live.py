# replaced while this is built


def stream(request, **kwargs):
    raise RuntimeError
