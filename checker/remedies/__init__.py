"""What to do about each finding, ready to paste: records, files, settings, commands, and a message for who must act.

Everything is made from this domain's facts. A remedy never claims more than the finding does.
"""
