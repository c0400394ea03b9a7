//! Client verbs of the command line, one a file.
