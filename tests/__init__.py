import os

# The admin is off unless it is asked for. Its tests are about what it does then, and settings are read once.
os.environ["DJANGO_ADMIN"] = "on"
