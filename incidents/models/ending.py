class Ending:
    pass
