"""What gunicorn reads by itself when it is started here, by `manage.py serve` or by hand."""

# An address holds every filter of a page. Longer ones than this gunicorn refuses whatever it is told.
limit_request_line = 8190
# htmx repeats the page's address in a header, with the host before it.
limit_request_field_size = 2 * limit_request_line
