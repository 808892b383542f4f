"""A plugin of pytest that sets the environment before Django's settings are read."""

import os

# The admin is off unless it is asked for; its tests are about what it does then.
os.environ["DJANGO_ADMIN"] = "on"
