exec(open("/tmp/stat.py").read())
