class Passing:
    pass
