"""What a file is and says: sniffed, measured and read in a process of its own.

Owns no rows and imports no room. Whoever has bytes asks ``box.examine``.
"""
