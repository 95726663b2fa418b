class Opening:
    pass
