# replaced while this is built


def queue(request, **kwargs):
    raise RuntimeError


def board(request, **kwargs):
    raise RuntimeError


def move(request, **kwargs):
    raise RuntimeError
