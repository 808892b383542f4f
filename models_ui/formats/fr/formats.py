"""French dates, for the `date` filter and `date_format` alike, which look a format up here by its own letters.

Django's M is a bare "Avr"; French has lower case, and a full stop where the name is cut: « 22 avr. 2027 ».
"""

globals().update(
    {
        "M": "N",
        "j M": "j N",
        "j M Y": "j N Y",
        "j M Y H:i": "j N Y à H:i",
    }
)
