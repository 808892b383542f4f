"""What upstream changed by itself.

detect.py     told apart from what flaps and from what we did, when a run ends
sentences.py  each change in words
page.py       the page that finds them by its address, and its exports
"""
