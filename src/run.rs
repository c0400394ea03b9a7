//! Verbs that run something, one a file.
