"""The public document, format 1: what is stored, shown, printed and given to scripts.

``document`` says what it holds, ``build`` makes it from facts and verdict, ``text`` writes it for a terminal.
"""
