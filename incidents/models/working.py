class Working:
    pass
