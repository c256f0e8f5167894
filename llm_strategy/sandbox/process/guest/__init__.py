"""The program that runs inside of a sandbox.

Its files are read as text and handed to the interpreter inside, where this package is not: they import the standard
library and one another, and nothing else. What comes out of there is trusted by nobody.
"""
