"""What upstream changed by itself.

kinds.py      every kind of change: its words, its sentence, what feeds and the digest do with it
sentences.py  each change in words
page.py       the page that finds changes by its address, and its exports

Changes are found in `mirror/detect_changes.py`.
"""
