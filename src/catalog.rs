//! The store with types on: documents, records, watch to views.
