"""The only live I/O of the engine, behind the ports that probes and their composers see.

``ports`` says what can be asked of the world and ``bounds`` how much of its answers is read and how long we
wait. ``live`` builds the real ones from settings; ``sandbox`` and tests bring their own.
"""
